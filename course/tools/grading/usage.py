"""What a child and everything that it has started use together; the system limits each process only by itself."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_PRECISE = re.compile(r"^Pss_(?:Anon|Shmem):\s+(\d+) kB", re.MULTILINE)


def excess(first: int, limits: dict[str, int], sandboxed: bool) -> str:
    """Which limit the processes of a child exceed together, in words; empty where none.

    ``first`` is a process whose PID namespace, or session, holds them all.
    """
    threads, rough = 0, 0
    members = []
    for member in _in_namespace(first) if sandboxed else _in_session(first):
        try:
            threads += _threads(member)
            rough += _rough(member)
        except OSError:  # it has just ended
            continue
        members.append(member)
        if threads > limits["processes"] + 2:  # said at the first that is too many: they may be growing faster
            return f"it started more than {limits['processes']} processes and threads"
    allowed = limits["memory_mib"] << 20
    # The rough sum counts pages inherited from the worker, each as often as it was forked; few need the exact one.
    if rough > allowed and sum(_exact(member) for member in members) > allowed:
        return f"it used more than {limits['memory_mib']} MiB of memory"
    return ""


def _in_namespace(pid: int) -> Iterator[int]:
    try:
        namespace = Path(f"/proc/{pid}/ns/pid").readlink()
    except OSError:  # it has just ended
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
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:  # it has just ended
        return 0
    return sum(int(size) << 10 for size in _PRECISE.findall(text))
