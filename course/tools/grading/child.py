"""The kernel that runs a learner's cells: ipykernel itself, without sockets, threads or a connection file.

Everything it would publish goes as frames over one socket, and so do requests and replies. The first frame brings the
files that lie beside the notebook. From its first cell on nothing that this process says can be trusted.
"""

from __future__ import annotations

import asyncio
import base64
import fcntl
import io
import logging
import os
import random
import signal
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from jupyter_client.session import Session
from tornado.ioloop import IOLoop
from traitlets.config import Config

from course.tools.grading import wire

_FLUSH_SECONDS = 0.2
_FLUSH_CHARACTERS = 1 << 16


class Wire(Session):
    """A Jupyter session that sends what the kernel publishes as frames."""

    channel: Any = None
    owner = 0

    def send(self, stream: Any, msg_or_type: Any, content: Any = None, *args: Any, **kwargs: Any) -> Any:
        message = {"msg_type": msg_or_type, "content": content} if isinstance(msg_or_type, str) else msg_or_type
        if os.getpid() == self.owner:  # a process that the notebook forks must not break into the frames
            wire.send(self.channel, {"type": message["msg_type"], "content": message["content"]})
        return message


class Stream(io.TextIOBase):
    """``sys.stdout`` or ``sys.stderr``: buffered like a kernel's, joined by what reaches the descriptor."""

    def __init__(self, name: str, session: Wire, descriptor: int) -> None:
        self.name, self._session, self._descriptor = name, session, descriptor
        self._buffer: list[str] = []
        self._size, self._since, self._read, self._pid = 0, 0.0, 0, os.getpid()

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
        if text:
            self._session.send(None, "stream", {"name": self.name, "text": text})


def make() -> IPythonKernel:
    """A kernel, still without a channel: made once in the warm worker, inherited by every child."""
    config = Config()
    # Its thread and its database would not survive a fork; `In`, `Out` and `%history` need neither.
    config.HistoryManager.enabled = False
    log = logging.Logger("kernel")
    log.addHandler(logging.NullHandler())
    return IPythonKernel.instance(config=config, log=log)


def serve(channel: socket.socket, kernel: IPythonKernel) -> None:
    """Write the files that the first frame brings, then run cells as they are asked for, until the channel closes."""
    session = Wire()
    session.channel, session.owner = channel, os.getpid()
    first = wire.receive(channel)
    if first is None:
        return
    for name, data in first["files"].items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(data))
    shell: Any = kernel.shell
    kernel.session = shell.displayhook.session = shell.display_pub.session = session
    out, err = Stream("stdout", session, _capture(1)), Stream("stderr", session, _capture(2))
    sys.stdout, sys.stderr = out, err
    kernel._stdout, kernel._stderr = out, err  # type: ignore[assignment]
    sys.path.insert(0, "")
    sys.argv = ["ipykernel_launcher.py"]
    _reseed()
    wire.send(channel, {"type": "ready"})
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(_cells(loop, channel, kernel))


async def _cells(loop: asyncio.AbstractEventLoop, channel: socket.socket, kernel: IPythonKernel) -> None:
    kernel.io_loop = IOLoop.current()
    kernel.shell_channel_thread = SimpleNamespace(parent_thread=threading.main_thread())
    shell: Any = kernel.shell
    while True:
        # Tasks that a cell has left behind go on while the next request is awaited, as in a real kernel.
        ready = loop.create_future()
        loop.add_reader(channel.fileno(), _resolve, ready)
        await ready
        loop.remove_reader(channel.fileno())
        request = wire.receive(channel)
        if request is None:
            return
        parent = {
            "header": {"msg_id": request["id"], "msg_type": "execute_request", "session": "", "username": ""},
            "msg_id": request["id"],
            "msg_type": "execute_request",
            "content": {"code": request["code"], "stop_on_error": False},
            "metadata": {},
        }
        kernel.set_parent([], parent)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            await kernel.execute_request(None, [], parent)
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        shell.exit_now = False
        wire.send(channel, {"type": "status", "content": {"execution_state": "idle"}})


def _resolve(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


def _capture(descriptor: int) -> int:
    """Let what is written to a descriptor (by a subprocess, by C code) land where :class:`Stream` can read it."""
    with tempfile.TemporaryFile() as place:
        fcntl.fcntl(place, fcntl.F_SETFL, os.O_APPEND)
        os.dup2(place.fileno(), descriptor)
    return descriptor


def _reseed() -> None:
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "torch" in sys.modules:
        sys.modules["torch"].seed()
