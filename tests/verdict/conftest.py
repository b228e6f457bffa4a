"""A judge's end, and the learner's end in a process of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Callable, Iterator

import pytest

from course.tools.verdict.link import Gone, Link
from course.tools.verdict.peer import Peer

Judging = Callable[[str], Peer]
SHARED = """
import collections, dataclasses
@dataclasses.dataclass
class Point:
    x: float
    tags: list
Pair = collections.namedtuple("Pair", "left right")
calls = []
def doubled(x):
    calls.append(x)
    return 2 * x
"""


@pytest.fixture
def judging() -> Iterator[Judging]:
    """Start a learner's process that runs some source; gives the judge's end."""
    started: list[tuple[int, socket.socket]] = []

    def start(source: str) -> Peer:
        shared: dict[str, object] = {"__name__": "__main__"}
        exec(SHARED, shared)
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            try:
                ours.close()
                names = dict(shared)
                exec("import numpy as np, torch, os\n" + source, names)
                learner = Peer(Link(theirs), judging=False, names=names)
                with contextlib.suppress(Gone):
                    while True:
                        learner.serve()
            finally:
                os._exit(0)
        theirs.close()
        started.append((pid, ours))
        peer = Peer(Link(ours), judging=True, names=shared)
        peer.begin(["Point", "Pair", "doubled"])
        return peer

    yield start
    for pid, ours in started:
        ours.close()
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
