"""What a child and everything that it has started use together; the system limits each process only by itself."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_PRECISE = re.compile(r"^Pss_(?:Anon|Shmem):\s+(\d+) kB", re.MULTILINE)


def excess(pid: int, limits: dict[str, int], sandboxed: bool) -> str:
    """Which limit the processes of a child exceed together, in words; empty where none.

    ``pid`` is the first process of the child: the namespace of its children, or its session, holds all the others.
    """
    members = list(_in_namespace(pid) if sandboxed else _in_session(pid))
    try:
        threads = sum(_threads(member) for member in members)
        if threads > limits["processes"] + 2:
            return f"it started more than {limits['processes']} processes and threads"
        allowed = limits["memory_mib"] << 20
        # The rough sum counts pages inherited from the worker, each as often as it was forked; few need the exact one.
        if sum(_rough(member) for member in members) > allowed and sum(_exact(m) for m in members) > allowed:
            return f"it used more than {limits['memory_mib']} MiB of memory"
    except OSError:  # one of them has just ended; there is a next time
        pass
    return ""


def _in_namespace(pid: int) -> Iterator[int]:
    try:
        namespace = Path(f"/proc/{pid}/ns/pid_for_children").readlink()
        if namespace == Path("/proc/self/ns/pid").readlink():  # it has not unshared yet
            return
    except OSError:
        return
    for member in _processes():
        try:
            if Path(f"/proc/{member}/ns/pid").readlink() == namespace:
                yield member
        except OSError:
            continue


def _in_session(pid: int) -> Iterator[int]:
    for member in _processes():
        try:
            if os.getsid(member) == pid:
                yield member
        except OSError:
            continue


def _processes() -> Iterator[int]:
    return (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())


def _threads(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[17])


def _rough(pid: int) -> int:
    resident, shared = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1:3]
    return (int(resident) - int(shared)) * _PAGE


def _exact(pid: int) -> int:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    return sum(int(size) << 10 for size in _PRECISE.findall(text))
