"""Memory in pages of 2 MiB: a fork copies the table of all pages, and of the usual ones there are 512 times as many."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

_LARGE = 2 << 20
_MADV_HUGEPAGE, _MADV_COLLAPSE = 14, 25


def enlarge() -> None:
    """Join the pages of this process's own memory. Where the system cannot (before Linux 6.1), they stay."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines():
        span, mode, _, _, _, *name = line.split(maxsplit=5)
        if not mode.startswith("rw") or name not in ([], ["[heap]"]):
            continue
        start, end = (int(address, 16) for address in span.split("-"))
        libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _MADV_HUGEPAGE)
        for place in range(-(-start // _LARGE) * _LARGE, end - _LARGE + 1, _LARGE):
            libc.madvise(ctypes.c_void_p(place), ctypes.c_size_t(_LARGE), _MADV_COLLAPSE)
