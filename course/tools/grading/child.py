"""The kernel that runs a notebook's cells: ipykernel itself, without sockets, threads or a connection file.

Everything it would publish goes as frames over one socket, and so do requests and replies. The first frame brings the
files that lie beside the notebook. From a learner's first cell on nothing that this process says can be trusted.

Where the verdict is reached outside the learner's process there are two such kernels with a link between them: one runs
the learner's cells, and serves what the other, the judge, asks. The judge's first frame brings the plan.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import functools
import io
import logging
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from ipykernel import ipkernel, kernelbase
from ipykernel.ipkernel import IPythonKernel
from jupyter_client.session import Session
from tornado.platform.asyncio import AsyncIOMainLoop
from traitlets.config import Config

from course.tools.grading import wire
from course.tools.grading.files import put

if TYPE_CHECKING:
    from course.tools.verdict.judge import Judge
    from course.tools.verdict.peer import Peer

_FLUSH_SECONDS = 0.2
_FLUSH_CHARACTERS = 1 << 16
_IDLE = {"type": "status", "content": {"execution_state": "idle"}}
#: More than the interpreter waits for before it adapts a function to its arguments.
_REHEARSALS = 20
_REHEARSED = (
    "import course.testing",
    'def double(x):\n    """Twice x.\n\n    x : float.\n    """\n    return 2 * x',
    "course.testing.assert_close(double(1.0), 2.0)",
    "course.testing.assert_close(double(1.0), 3.0)",
)


class Wire(Session):
    """A Jupyter session that sends what the kernel publishes as frames, and keeps its reply for the end of the cell.

    That a cell has begun is said together with what comes next: most cells show nothing before they end.
    """

    channel: Any = None
    owner = 0
    muted = False
    begun: tuple[Any, ...] = ()
    reply: tuple[Any, ...] = ()

    def send(self, stream: Any, msg_or_type: Any, content: Any = None, *args: Any, **kwargs: Any) -> Any:
        message = {"msg_type": msg_or_type, "content": content} if isinstance(msg_or_type, str) else msg_or_type
        if (
            os.getpid() == self.owner and not self.muted
        ):  # a process that the notebook forks must not break into the frames
            frame = {"type": message["msg_type"], "content": message["content"]}
            if frame["type"] == "execute_input":
                self.begun = (frame,)
            elif frame["type"] == "execute_reply":
                self.reply = (frame,)
            else:
                self._send(frame)
        return message

    def conclude(self, *frames: Any) -> None:
        """Send the reply, if there is one, and what is to follow it."""
        self._send(*self.reply, *frames)
        self.reply = ()

    def _send(self, *frames: Any) -> None:
        wire.send(self.channel, *self.begun, *frames)
        self.begun = ()


class Stream(io.TextIOBase):
    """``sys.stdout`` or ``sys.stderr``: buffered like a kernel's, joined by what reaches the descriptor."""

    def __init__(self, name: str, session: Wire, descriptor: int) -> None:
        self.name, self._session, self._descriptor = name, session, descriptor
        self._buffer: list[str] = []
        self._size, self._since, self._read, self._pid = 0, 0.0, 0, os.getpid()
        self.dropped = False

    encoding = "UTF-8"

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return False

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        if os.getpid() != self._pid:  # a process that the notebook has started
            os.write(self._descriptor, text.encode("utf-8", "replace"))
            return len(text)
        if not self._buffer:
            self._since = time.monotonic()
        self._buffer.append(text)
        self._size += len(text)
        if self._size > _FLUSH_CHARACTERS or time.monotonic() - self._since > _FLUSH_SECONDS:
            self.flush()
        return len(text)

    def flush(self) -> None:
        if os.getpid() != self._pid:
            return
        end = os.fstat(self._descriptor).st_size
        if end > self._read:
            self._buffer.append(os.pread(self._descriptor, end - self._read, self._read).decode("utf-8", "replace"))
            self._read = end
        text, self._buffer, self._size = "".join(self._buffer), [], 0
        if text and not self.dropped:
            self._session.send(None, "stream", {"name": self.name, "text": text})


@functools.cache
def _takes(method: Any, names: tuple[str, ...]) -> dict[str, bool]:
    found: dict[str, bool] = kernelbase._accepts_parameters(method, names)
    return found


def make() -> IPythonKernel:
    """A kernel, still without a channel: made once in the warm worker, inherited by every child."""
    config = Config()
    # Its thread and its database would not survive a fork; `In`, `Out` and `%history` need neither.
    config.HistoryManager.enabled = False
    log = logging.Logger("kernel", logging.CRITICAL)
    log.addHandler(logging.NullHandler())
    kernel: IPythonKernel = IPythonKernel.instance(config=config, log=log)
    kernel._execute_sleep = 0  # which is for sockets that might not be flushed
    shell: Any = kernel.shell
    # It asks for each cell what its own methods take.
    ipkernel._accepts_parameters = lambda method, names: _takes(method, tuple(names))
    kernel.session = shell.displayhook.session = shell.display_pub.session = Wire()
    return kernel


def rehearse(kernel: IPythonKernel) -> None:
    """Run cells of usual kinds, to no effect, in the worker: what has run some times runs faster in every child.

    The first cell of a process, and its first traceback, import and build a good deal; and the interpreter adapts code
    to what it has been called with, which would else change, in each child, the memory that all share.
    """
    shell: Any = kernel.shell
    session: Any = kernel.session
    known, session.muted = dict(shell.user_ns), True

    async def cells() -> None:
        _make_ready(kernel)
        for _ in range(_REHEARSALS):
            for code in _REHEARSED:
                await _execute(kernel, {"id": "", "code": code}, silent=True)
            shell.display_formatter.format(1.0)

    loop = asyncio.new_event_loop()
    loop.run_until_complete(cells())
    loop.close()
    shell.user_ns.clear()
    shell.user_ns.update(known)
    shell.last_execution_result = None
    shell.compile._filename_map.clear()
    for name in ("last_type", "last_value", "last_traceback"):
        vars(sys).pop(name, None)
    session.muted = False


def serve(kernel: IPythonKernel, channel: socket.socket, *links: socket.socket) -> None:
    """Write the files that the first frame brings, then run cells as they are asked for, until the channel closes."""
    session: Any = kernel.session
    session.channel, session.owner = channel, os.getpid()
    first = wire.receive(channel)
    if first is None:
        return
    put(first["files"], Path())
    out, err = Stream("stdout", session, _capture(1)), Stream("stderr", session, _capture(2))
    sys.stdout, sys.stderr = out, err
    kernel._stdout, kernel._stderr = out, err  # type: ignore[assignment]
    sys.argv = ["ipykernel_launcher.py"]
    _reseed()
    wire.send(channel, {"type": "ready"})
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    if "plan" in first:
        loop.run_until_complete(_tests(loop, channel, kernel, _judge(kernel, links, first["plan"], session, err)))
        return
    # Files beside the notebook can be imported, and shadow what is installed: never in the judge.
    sys.path.insert(0, "")
    peer = _learners_end(kernel, links[0], session, (out, err)) if links else None
    loop.run_until_complete(_cells(loop, channel, kernel, peer))


async def _cells(
    loop: asyncio.AbstractEventLoop, channel: socket.socket, kernel: IPythonKernel, peer: Peer | None
) -> None:
    """A learner's cells, and between them what the judge asks."""
    _make_ready(kernel)
    session: Any = kernel.session
    while True:
        came = await _readable(loop, [channel] if peer is None else [channel, peer.link])
        if came is not channel:
            peer = _served(peer)
            continue
        request = wire.receive(channel)
        if request is None:
            return
        if "ping" in request:
            wire.send(channel, {"type": "pong", "content": {}})
            continue
        await _execute(kernel, request)
        session.conclude(_IDLE)


async def _tests(loop: asyncio.AbstractEventLoop, channel: socket.socket, kernel: IPythonKernel, judge: Judge) -> None:
    """The judge's cells: after each, what a learner may know of it."""
    _make_ready(kernel)
    shell: Any = kernel.shell
    session: Any = kernel.session
    while True:
        await _readable(loop, [channel])
        request = wire.receive(channel)
        if request is None:
            return
        try:
            lesson = None
            judge.begin(request["code"])
        except Exception as error:
            content = {"ename": type(error).__name__, "evalue": str(error), "traceback": [str(error)]}
            wire.send(channel, {"type": "error", "content": content})
            session.reply = ({"type": "execute_reply", "content": {"status": "error", **content}},)
            lesson = {"hidden": False, "line": 0, "says": str(error)}
        else:
            await _execute(kernel, request)
            result = shell.last_execution_result
            lesson = judge.end(None if result is None else result.error_before_exec or result.error_in_exec)
        session.conclude({"type": "lesson", "content": lesson}, _IDLE)


def _judge(
    kernel: IPythonKernel, links: Sequence[socket.socket], plan: dict[str, Any], session: Wire, err: Stream
) -> Judge:
    from course.tools.verdict import processor
    from course.tools.verdict.judge import Judge
    from course.tools.verdict.link import Link

    processor.prefer(plan["processor"])
    shell: Any = kernel.shell
    shell.transform_cell = lambda source: source  # the course's own cells are Python: the build has parsed them
    session.muted = True  # what the set-up cells show, the learner's own run of them shows
    judge = Judge(shell, [Link(link) for link in links], plan)
    session.muted = False
    err.dropped = True  # a warning costs no points
    return judge


def _learners_end(kernel: IPythonKernel, link: socket.socket, session: Wire, streams: tuple[Stream, Stream]) -> Peer:
    from course.tools.verdict.link import Link
    from course.tools.verdict.peer import Peer

    shell: Any = kernel.shell

    @contextlib.contextmanager
    def dropped() -> Iterator[None]:
        for stream in streams:
            stream.flush()
        session.muted = True
        try:
            yield
        finally:
            for stream in streams:
                stream.flush()
            session.muted = False

    return Peer(Link(link), judging=False, names=shell.user_ns, around=dropped)


def _served(peer: Peer | None) -> Peer | None:
    """Serve the judge; ``None`` once it has gone."""
    from course.tools.verdict.link import Gone

    assert peer is not None
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        peer.serve()
    except Gone:
        return None
    except KeyboardInterrupt:  # between two requests: nothing to stop
        pass
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return peer


def _make_ready(kernel: IPythonKernel) -> None:
    kernel.io_loop = AsyncIOMainLoop()
    kernel.shell_channel_thread = SimpleNamespace(parent_thread=threading.main_thread())


async def _readable(loop: asyncio.AbstractEventLoop, sources: list[Any]) -> Any:
    """The first of the sources that has something to read.

    Tasks that a cell has left behind go on meanwhile, as in a real kernel.
    """
    for source in sources:
        if getattr(source, "pending", False):
            return source
    ready: asyncio.Future[Any] = loop.create_future()
    for source in sources:
        loop.add_reader(source.fileno(), _resolve, ready, source)
    try:
        return await ready
    finally:
        for source in sources:
            loop.remove_reader(source.fileno())


async def _execute(kernel: IPythonKernel, request: dict[str, Any], *, silent: bool = False) -> None:
    shell: Any = kernel.shell
    parent = {
        "header": {"msg_id": request["id"], "msg_type": "execute_request", "session": "", "username": ""},
        "msg_id": request["id"],
        "msg_type": "execute_request",
        "content": {"code": request["code"], "silent": silent, "stop_on_error": False},
        "metadata": {},
    }
    kernel.set_parent([], parent)
    with contextlib.suppress(AttributeError):  # the notebook may have put its own in this place
        shell.transform_cell.cache_clear()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    pid = os.getpid()
    try:
        await kernel.execute_request(None, [], parent)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    if os.getpid() != pid:  # a process that the cell has forked, and that has come to its end
        os._exit(0)
    shell.exit_now = False


def _resolve(ready: asyncio.Future[Any], source: Any) -> None:
    if not ready.done():
        ready.set_result(source)


def _capture(descriptor: int) -> int:
    """Let what is written to a descriptor (by a subprocess, by C code) land where :class:`Stream` can read it."""
    with tempfile.TemporaryFile() as place:
        fcntl.fcntl(place, fcntl.F_SETFL, os.O_APPEND)
        os.dup2(place.fileno(), descriptor)
    return descriptor


def _reseed() -> None:
    """Python sees to its own generator after a fork."""
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "torch" in sys.modules:
        sys.modules["torch"].default_generator.seed()
