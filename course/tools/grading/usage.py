"""What a child and everything that it has started use together; the system limits each process only by itself."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_PRECISE = re.compile(r"^Pss_(?:Anon|Shmem):\s+(\d+) kB", re.MULTILINE)


def survey(firsts: Iterable[int], sandboxed: bool) -> dict[int, list[int]]:
    """The processes of each child, which is named by one whose PID namespace, or session, holds them all."""
    found: dict[int, list[int]] = {first: [] for first in firsts}
    # A child that has not opened its session yet is still in that of whoever grades, with all that runs there.
    of = {_place(first, sandboxed) if sandboxed else first: first for first in found}
    of.pop(None, None)
    for name in os.listdir("/proc"):  # noqa: PTH208 - this is done thirty times a second
        if name.isdigit():
            first = of.get(_place(int(name), sandboxed))
            if first is not None:
                found[first].append(int(name))
    return found


def excess(members: list[int], limits: dict[str, int]) -> str:
    """Which limit the processes of a child exceed together, in words; empty where none."""
    threads, rough = 0, 0
    for member in members:
        with contextlib.suppress(OSError):  # it has just ended
            threads += _threads(member)
            rough += _rough(member)
        if threads > limits["processes"] + 2:  # said at the first that is too many: they may be growing faster
            return f"it started more than {limits['processes']} processes and threads"
    allowed = limits["memory_mib"] << 20
    # The rough sum counts pages inherited from the worker, each as often as it was forked; few need the exact one.
    if rough > allowed and sum(_exact(member) for member in members) > allowed:
        return f"it used more than {limits['memory_mib']} MiB of memory"
    return ""


def _place(pid: int, sandboxed: bool) -> object:
    """What all processes of a child have in common; ``None`` for one that has just ended."""
    try:
        return os.readlink(f"/proc/{pid}/ns/pid") if sandboxed else os.getsid(pid)  # noqa: PTH115 - as above
    except OSError:
        return None


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
