"""Keep the two processes of a test on one processor.

They take turns, so they gain nothing from two; and to wake a process on another processor takes several times as long.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys

_ALL = os.sched_getaffinity(0) if sys.platform == "linux" else set()
_own: int | None = None


def choose(place: int) -> None:
    """Take one processor for this process: of several that choose other places, each has its own."""
    if sys.platform == "linux":
        os.sched_setaffinity(0, {sorted(_ALL)[place % len(_ALL)]})


def chosen() -> int | None:
    """The processor that this process has been given, if it has been given one alone."""
    mine = os.sched_getaffinity(0) if sys.platform == "linux" else set()
    return min(mine) if len(mine) == 1 else None


def prefer(number: int | None) -> None:
    """Have :func:`stay` choose this one."""
    global _own
    _own = number


def stay(number: int | None = None) -> int | None:
    """Run on one processor from now on; without a number, on the preferred one, or where the system would run this now.

    Returns
    -------
    int or None
        Which it is; ``None`` where the system has no such thing.
    """
    if sys.platform != "linux":
        return None
    if number is None and (number := _own) is None:
        os.sched_setaffinity(0, _ALL)
        number = ctypes.CDLL(None).sched_getcpu()
    with contextlib.suppress(OSError, TypeError, ValueError, OverflowError):  # it is no number, or not to be had here
        os.sched_setaffinity(0, {number})
    return number
