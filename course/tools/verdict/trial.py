"""Judge one answer with its tests in another process, without a notebook: what ``course audit`` asks of a reference.

Call it as :func:`course.tools.trial.judge`, in a forked child (:mod:`course.tools.fork`), with the set-up cells run
once in the parent: the process that calls is the judge, and forks one more for the answer.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from collections.abc import Iterable

from course.tools import trial
from course.tools.topic import Cell
from course.tools.trial import Verdict
from course.tools.verdict.judge import Names, shared_names
from course.tools.verdict.link import Gone, Link
from course.tools.verdict.peer import Peer


def judge(prepared: trial.Names, answers: Iterable[tuple[str, str]], tests: Iterable[Cell]) -> list[Verdict]:
    """Run ``answers`` (id and source, in order) in a process of their own, and each test here."""
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        try:
            ours.close()
            _answer(prepared, answers, theirs)
        finally:
            os._exit(0)
    theirs.close()
    try:
        peer = Peer(Link(ours), judging=True, names=prepared)
        return [_judged(peer, prepared, test) for test in tests]
    finally:
        ours.close()
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _answer(prepared: trial.Names, answers: Iterable[tuple[str, str]], link: socket.socket) -> None:
    names = dict(prepared)
    for cell_id, source in answers:
        with contextlib.suppress(Exception):  # what it does not define, the tests will miss
            trial.execute(source, cell_id, names)
    peer = Peer(Link(link), judging=False, names=names)
    with contextlib.suppress(Gone):
        while True:
            peer.serve()


def _judged(peer: Peer, prepared: trial.Names, test: Cell) -> Verdict:
    began = time.perf_counter()
    names = Names(prepared)
    try:
        peer.begin(shared_names(prepared))
        names.peer = peer
        trial.execute(test.source, test.id, names)
        return Verdict(test.id, test.points, True, seconds=time.perf_counter() - began)
    except Exception as error:
        seconds = time.perf_counter() - began
        return Verdict(test.id, test.points, False, type(error).__name__, str(error), seconds)
