"""Run a function in forked children, many at a time, each with its own limits.

A child inherits everything that its parent has imported and computed, so it starts in milliseconds;
what it does to itself, its parent never sees.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import resource
import selectors
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True)
class Lost:
    """What stands for the result of a child that gave none."""

    reason: str


@dataclass
class _Child(Generic[Item]):
    item: Item
    pid: int
    pipe: int
    deadline: float
    data: bytearray = field(default_factory=bytearray)


def forked(
    function: Callable[[Item], Any],
    items: Sequence[Item],
    *,
    jobs: int = 1,
    timeout: float | Callable[[Item], float] = 60.0,
    extra_memory: int | None = None,
) -> Iterator[tuple[Item, Any]]:
    """Yield ``(item, function(item))`` as children finish, at most ``jobs`` at a time.

    Parameters
    ----------
    function : callable
        Runs in the child; its result comes back pickled. Its printed output is dropped.
    timeout : float or callable
        Seconds of wall time for one child, or a function of the item that gives them.
    extra_memory : int, optional
        Bytes of address space that a child may claim beyond what it inherits.

    Yields
    ------
    (item, result)
        :class:`Lost` in place of the result where a child ran out of time or ended without one.
        An exception of ``function`` is also a :class:`Lost`, which names it.
    """
    waiting = list(reversed(items))
    running: dict[int, _Child[Item]] = {}
    selector = selectors.DefaultSelector()
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                item = waiting.pop()
                limit = timeout(item) if callable(timeout) else timeout
                child = _start(function, item, limit, extra_memory)
                running[child.pipe] = child
                selector.register(child.pipe, selectors.EVENT_READ)
            patience = max(0.0, min(child.deadline for child in running.values()) - time.monotonic())
            for key, _ in selector.select(patience):
                child = running[key.fd]
                chunk = os.read(key.fd, 1 << 20)
                if chunk:
                    child.data += chunk
                    continue
                yield child.item, _finish(selector, running, child)
            now = time.monotonic()
            for child in [child for child in running.values() if child.deadline <= now]:
                _finish(selector, running, child)
                yield child.item, Lost("it ran out of time")
    finally:
        for child in list(running.values()):
            _finish(selector, running, child)
        selector.close()


def run(function: Callable[[], Any], timeout: float = 600.0) -> Any:
    """The result of ``function()`` in one forked child, or :class:`Lost`."""
    return next(result for _, result in forked(lambda _: function(), [None], timeout=timeout))


def _start(function: Callable[[Item], Any], item: Item, limit: float, extra_memory: int | None) -> _Child[Item]:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return _Child(item, pid, reading, time.monotonic() + limit)
    try:
        os.setsid()
        os.close(reading)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        if extra_memory is not None:
            _limit_memory(extra_memory)
        try:
            result = function(item)
            data = pickle.dumps(result)
        except BaseException as error:  # the parent must learn of it, whatever it is
            data = pickle.dumps(Lost(f"it ended with {type(error).__name__}: {error}"))
        with os.fdopen(writing, "wb") as out:
            out.write(data)
    finally:
        os._exit(0)


def _limit_memory(extra: int) -> None:
    held = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + extra, held + extra))


def _finish(selector: selectors.BaseSelector, running: dict[int, _Child[Item]], child: _Child[Item]) -> Any:
    selector.unregister(child.pipe)
    os.close(child.pipe)
    del running[child.pipe]
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        # It ended before it could make a process group of its own, or has ended already.
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGKILL)
    _, status = os.waitpid(child.pid, 0)
    if child.data:
        try:
            return pickle.loads(bytes(child.data))
        except Exception:
            return Lost("it ended in the middle of its answer")
    code = os.waitstatus_to_exitcode(status)
    return Lost(f"it was killed by signal {-code}" if code < 0 else "it ended without an answer")
