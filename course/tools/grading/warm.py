"""Start a warm worker and ask it for children. Trusted: what comes back from a child is only passed on."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from course.tools.grading import herd, sandbox
from course.tools.grading.imports import WARM
from course.tools.grading.limits import Limits


class WorkerLost(Exception):
    """The worker does not run; the message says why."""


@dataclass(frozen=True)
class End:
    """A child's exit code, and why the worker ended it (empty where it ended by itself)."""

    code: int
    reason: str


@dataclass
class Child:
    """A child: the channel that its frames come by, and the line to the worker that interrupts or kills it."""

    channel: socket.socket
    line: socket.socket

    def order(self, what: str) -> None:
        """``interrupt`` or ``kill``; one that has ended already needs neither."""
        try:
            self.line.send(what.encode())
        except OSError:
            return

    def end(self, patience: float = 5.0) -> End | None:
        """How it ended, once all of it has gone; ``None`` where the worker has gone too."""
        self.line.settimeout(patience)
        try:
            said = self.line.recv(1 << 12)
        except OSError:
            return None
        return End(**json.loads(said)) if said else None

    def close(self) -> None:
        self.channel.close()
        self.line.close()


class Warm:
    """A warm worker. Processes forked from the one that made it may ask it for children as well.

    ``modules`` are imported before the first child is forked. ``many``: it is to serve many notebooks, so what makes
    each of them faster is worth the time once.
    """

    def __init__(self, *, sandboxed: bool = True, modules: Sequence[str] = WARM, many: bool = True) -> None:
        self.modules = frozenset(modules)
        #: Whether anything is to run on it.
        self.wanted = False
        command = [sys.executable, "-m", "course.tools.grading.worker"]
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command += [str(theirs.fileno()), "sandboxed" if sandboxed else "open", "many" if many else "one"]
        command += modules
        if sandboxed:
            command = sandbox.wrap(command, many=many)
        self._herd = herd.make() if sandboxed else None
        if self._herd is not None:
            command = herd.within(self._herd, command)
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        self._home = tempfile.TemporaryDirectory(prefix="course-worker-")
        with theirs:
            self._process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._said,
                env=None if sandboxed else sandbox.environment(many=many) | {"HOME": self._home.name},
                cwd=self._home.name,
            )
        self._owner = os.getpid()
        if sandboxed:
            try:
                sandbox.check()  # while the worker warms up
            except sandbox.NoSandbox:
                self.close()
                raise

    def child(self, limits: Limits, links: Sequence[socket.socket] = ()) -> Child:
        """Fork a child. It answers when the worker is warm. ``links`` are its ends of lines to others."""
        (channel, their_channel), (line, their_line) = socket.socketpair(), _packets()
        with their_channel, their_line:
            try:
                order = json.dumps(limits.as_dict()).encode()
                theirs = [their_channel, their_line, *links]
                socket.send_fds(self._control, [order], [one.fileno() for one in theirs])
            except OSError as error:
                raise WorkerLost(f"the worker that runs notebooks has ended: {self.said() or error}") from error
        return Child(channel, line)

    def said(self) -> str:
        """The last lines of the worker's standard error."""
        self._said.seek(0)
        return self._said.read().decode("utf-8", "replace").strip()[-2000:]

    def close(self) -> None:
        self._control.close()
        if os.getpid() == self._owner:
            if not self.wanted:  # it may be warming up still
                self._process.kill()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._home.cleanup()
            if self._herd is not None:
                herd.remove(self._herd)
        self._said.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _packets() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
