"""The warm process: it imports what notebooks import, once, and forks a child for each notebook.

``python -m course.tools.grading.worker DESCRIPTOR MODE NOTEBOOKS MODULE…`` is started by :mod:`.warm`, in bubblewrap
where ``MODE`` is ``sandboxed``; it imports every ``MODULE``, and where ``NOTEBOOKS`` are ``many`` it draws a first
figure and prints a first traceback. It never reads what a child says: a child's frames go straight to whoever asked
for it.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.abc
import io
import json
import os
import selectors
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.tools.grading import cells, child, isolate, pages, tracebacks, usage
from course.tools.grading.sandbox import CACHE, SCRATCH, SPARE, python_folders

#: Seconds. One that does nothing but start processes has ten times as many soon after.
_LOOK_EVERY = 0.03


@dataclass
class _Running:
    """A child. ``first`` stands for all its processes: the first of its namespace, without one the child itself."""

    pid: int
    first: int
    ended: int
    line: socket.socket
    limits: dict[str, int]
    scratch: str = ""
    reason: str = ""


def main() -> None:
    """Warm up, then fork children as they are asked for, until whoever asks has gone."""
    control = _own(int(sys.argv[1]))
    sandboxed, many = sys.argv[2] == "sandboxed", sys.argv[3] == "many"
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()  # what is imported stays: there is nothing to collect
    _import(sys.argv[4:])
    kernel = child.make()
    tracebacks.prepare(kernel.shell)
    cells.prepare(kernel.shell)
    if many:
        _draw()
        tracebacks.remember_colours()
        child.rehearse(kernel)
        tempfile.gettempdir()  # to find it takes a file written for a trial
    _forget_warnings()
    gc.freeze()
    gc.enable()
    if many:
        pages.enlarge()
    selector = selectors.DefaultSelector()
    selector.register(control, selectors.EVENT_READ)
    running: dict[int, _Running] = {}
    look = 0.0
    while True:
        for key, _ in selector.select(max(0.0, look - time.monotonic()) if running else None):
            if key.fileobj is control:
                data, descriptors, _, _ = socket.recv_fds(control, 1 << 16, 4)
                if not data:
                    for one in running.values():
                        _kill(one)
                    return
                channel, line, *links = (_own(number) for number in descriptors)
                started = _start(kernel, [channel, *links], line, json.loads(data), sandboxed)
                running[started.pid] = started
                selector.register(started.ended, selectors.EVENT_READ, started)
                selector.register(line, selectors.EVENT_READ, started)
            elif key.data.pid not in running:
                continue
            elif key.fileobj is key.data.line:
                if not _obey(key.data):  # the line stays readable, and would keep this loop awake
                    selector.unregister(key.data.line)
            else:
                one = running.pop(key.data.pid)
                selector.unregister(one.ended)
                if one.line in selector.get_map():
                    selector.unregister(one.line)
                _bury(one)
        if not running or time.monotonic() < look:
            continue
        look = time.monotonic() + _LOOK_EVERY
        members = usage.survey((one.first for one in running.values()), sandboxed)
        for one in running.values():
            if not one.reason and (excess := usage.excess(members[one.first], one.limits)):
                one.reason = excess
                _kill(one)


def _own(descriptor: int) -> socket.socket:
    """A socket that programs started here do not inherit: its other end is to notice when a child ends."""
    os.set_inheritable(descriptor, False)
    return socket.socket(fileno=descriptor)


def _import(modules: list[str]) -> None:
    with contextlib.ExitStack() as stack:
        if not any(name.partition(".")[0] == "torch" for name in modules):
            stack.enter_context(_without("torch"))  # so that nothing else imports it; a notebook still may
        for name in modules:
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
    if "torch" in sys.modules:
        # A process with more than one thread cannot be forked safely.
        sys.modules["torch"].set_num_threads(1)


def _draw() -> None:
    """The first figure of a process finds fonts and builds caches; pyplot itself must stay untouched."""
    if "matplotlib" in sys.modules:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure()
        figure.add_subplot().set_title("$x$")
        FigureCanvasAgg(figure).print_png(io.BytesIO())


@contextlib.contextmanager
def _without(name: str) -> Iterator[None]:
    """As if a package were not installed."""

    class Hidden(importlib.abc.MetaPathFinder):
        def find_spec(self, wanted: str, path: Any, target: Any = None) -> None:
            if wanted == name:
                raise ModuleNotFoundError(f"{name} is left out while the worker warms up", name=name)

    finder = Hidden()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def _forget_warnings() -> None:
    """A warning that has fired once in a module does not fire there again: let each notebook see its own."""
    for module in list(sys.modules.values()):
        if isinstance(getattr(module, "__dict__", None), dict):
            module.__dict__.pop("__warningregistry__", None)


def _start(
    kernel: Any, sockets: list[socket.socket], line: socket.socket, limits: dict[str, int], sandboxed: bool
) -> _Running:
    """Fork a child with its channel and, where it has them, its links to others."""

    def child(shut_in: Callable[[], None], scratch: str) -> None:
        _close_all_but(sorted(one.fileno() for one in sockets))
        os.setsid()
        shut_in()
        _run(kernel, sockets, limits, scratch)

    if sandboxed:
        pid, first = isolate.fork(lambda: child(lambda: _shut_in(limits), SCRATCH))
        scratch = ""
    else:
        scratch = tempfile.mkdtemp(prefix="course-")
        pid = first = os.fork()
        if pid == 0:
            isolate.end_with(lambda: child(lambda: None, scratch))
    _close(sockets)
    return _Running(pid, first, os.pidfd_open(pid), line, limits, scratch)


def _shut_in(limits: dict[str, int]) -> None:
    """Give up everything but a child's own scratch folder."""
    isolate.unshare()
    parts = {"tmp": "/tmp", "shm": "/dev/shm", "cache": CACHE}
    isolate.private_scratch(SCRATCH, limits["scratch_mib"], parts, keep=python_folders())
    isolate.hide_processes(SPARE)
    isolate.drop_privileges()


def _run(kernel: Any, sockets: list[socket.socket], limits: dict[str, int], scratch: str) -> None:
    work = Path(scratch, "work")
    home = Path(scratch, "home")
    work.mkdir()
    home.mkdir()
    os.environ["HOME"] = str(home)
    os.chdir(work)
    isolate.limit(limits)
    child.serve(kernel, *sockets)


def _close_all_but(keep: list[int]) -> None:
    """The control channel and other children's lines are not for this child."""
    first = 3
    for one in keep:
        os.closerange(first, one)
        first = one + 1
    os.closerange(first, os.sysconf("SC_OPEN_MAX"))


def _close(sockets: list[socket.socket]) -> None:
    """Let go of a child's sockets, so that their other ends notice when the child ends."""
    for one in sockets:
        one.close()


def _obey(one: _Running) -> bool:
    """Do what is asked; whether there may be more to come."""
    if one.line.recv(16) == b"interrupt":
        with contextlib.suppress(ProcessLookupError):
            os.killpg(one.pid, signal.SIGINT)
        return True
    _kill(one)  # as was asked, or because nobody listens any more
    return False


def _kill(one: _Running) -> None:
    for send in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            send(one.first, signal.SIGKILL)


def _bury(one: _Running) -> None:
    _kill(one)  # what it has left
    _, status = os.waitpid(one.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    code = code if code >= 0 else 128 - code
    if one.first != one.pid:
        os.waitpid(one.first, 0)
    with contextlib.suppress(OSError):
        one.line.send(json.dumps({"code": code, "reason": one.reason}).encode())
    one.line.close()
    os.close(one.ended)
    if one.scratch:
        shutil.rmtree(one.scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
    os._exit(0)  # to take all modules down, one by one, is of use to nobody
