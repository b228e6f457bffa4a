"""Keep the two processes of a test on one processor.

They take turns, so they gain nothing from two; and to wake a process on another processor takes several times as long.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys

_ALL = os.sched_getaffinity(0) if sys.platform == "linux" else set()


def stay(number: int | None = None) -> int | None:
    """Run on one processor from now on; without a number, on the one where the system would run this process now.

    Returns
    -------
    int or None
        Which it is; ``None`` where the system has no such thing.
    """
    if sys.platform != "linux":
        return None
    if number is None:
        os.sched_setaffinity(0, _ALL)
        number = ctypes.CDLL(None).sched_getcpu()
    with contextlib.suppress(
        OSError, TypeError, ValueError, OverflowError
    ):  # of another machine, or not to be had here
        os.sched_setaffinity(0, {number})
    return number
