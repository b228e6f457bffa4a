"""Make a child look like a Jupyter kernel, so that nbclient itself executes the notebook.

nbclient asks for a kernel manager and a client with two channels; these are their counterparts over one socket.
A child that dies, floods or does not end costs its cells, not the notebook: cells that cannot run any more get an error
that says so, and what was reached before stays.
"""

from __future__ import annotations

import asyncio
import itertools
import queue
import socket
import time
import uuid
from collections.abc import Callable
from typing import Any

from ipykernel.ipkernel import IPythonKernel

from course.tools.grading import wire
from course.tools.grading.limits import Limits
from course.tools.grading.warm import Child, Warm
from course.tools.verdict import processor

#: Seconds that a cell has to stop once it is interrupted; nbclient waits 4 for the output of one that timed out.
GRACE = 3.0
#: The child whose run of the learner's cells is shown, where it is not the one that is judged.
SHOWN = "shown"
_PUBLISHED = frozenset(
    {"stream", "display_data", "update_display_data", "execute_result", "error", "clear_output", "execute_input"}
    | {"comm_open", "comm_msg", "comm_close"}
)
Message = dict[str, Any]


class Channel:
    """One of a client's two channels."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Message] = asyncio.Queue()

    async def get_msg(self, timeout: float | None = None) -> Message:
        try:
            async with asyncio.timeout(timeout):  # unlike `wait_for`, without a task of its own
                return await self.queue.get()
        except TimeoutError:
            raise queue.Empty from None


class Client:
    """What nbclient takes for a kernel client, over one child, or several where the verdict is reached outside.

    ``role`` says which child the next cell is for: ``"learner"`` or ``"judge"``. ``stopped`` tells why a child could
    not go on, empty where all could. ``lost``: it is the worker that has ended, for which the notebook cannot be
    blamed. ``lesson`` is what the judge has said of the last cell, ``None`` where it passed.
    """

    def __init__(self, children: dict[str, Child], limits: Limits, first: dict[str, Message]) -> None:
        self.shell_channel, self.iopub_channel = Channel(), Channel()
        self.allow_stdin = False
        self.role = "learner"
        self.lesson: Message | None = None
        self._lines = {name: Line(child, limits, first[name]) for name, child in children.items()}
        self._limits = limits
        self._deadline = time.monotonic() + limits.seconds
        self._task: asyncio.Task[None] | None = None
        self._interrupted = False

    @property
    def stopped(self) -> str:
        return next((line.stopped for line in self._lines.values() if line.stopped), "")

    @property
    def lost(self) -> bool:
        return any(line.lost for line in self._lines.values())

    def start_channels(self) -> None:
        """Nothing to start: the channel is open since the child was asked for."""

    async def stop_channels(self) -> None:
        """End what still waits for a child, before its channel is closed.

        The event loop goes on to the next notebook: it would take that one's channel, which may get the same
        descriptor, for one that it listens to already, and never hear of it.
        """
        if self._task is not None:
            self._task.cancel()
            await self._last_cell()

    async def _last_cell(self) -> None:
        """Wait for the cell that was asked for last, if it is not done yet: nbclient goes on where it took too long."""
        if self._task is not None and not self._task.done():
            await asyncio.gather(self._task, return_exceptions=True)

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Hand over the files, and wait for a worker that is still warming up: no cell is to pay for that."""
        # Set-up cells run in the judge while the learner's first ones run.
        await asyncio.gather(*(line.start() for line in self._lines.values()))
        self._deadline = time.monotonic() + self._limits.seconds

    async def is_alive(self) -> bool:
        """To nbclient always: it would give up the notebook for a dead kernel."""
        return True

    def kernel_info(self) -> str:
        message = _message("info", "kernel_info_reply", {"language_info": dict(IPythonKernel.language_info)})
        self.shell_channel.queue.put_nowait(message)
        return "info"

    def interrupt(self) -> None:
        """Stop the cell that runs now, as Ctrl-C would; one that goes on all the same is killed soon after."""
        self._interrupted = True
        for line in self._lines.values():
            line.interrupt(self._deadline)

    async def execute(self, code: str, **options: Any) -> str:
        request = uuid.uuid4().hex
        await self._last_cell()
        self._task = asyncio.ensure_future(self._run(request, code))
        return request

    async def _run(self, request: str, code: str) -> None:
        self._publish(request, "status", {"execution_state": "busy"})
        self._interrupted, self.lesson = False, None
        if self.role == "judge":
            shown, others = self._lines["judge"], []
        else:
            shown, *others = [self._lines[name] for name in (SHOWN, "learner") if name in self._lines]
        failed = False

        def publish(kind: str, content: Any) -> None:
            nonlocal failed
            failed = failed or kind == "error"
            if kind == "lesson":
                self.lesson = content
            elif kind in _PUBLISHED and isinstance(content, dict):
                self._publish(request, kind, content)

        # What only the process that is judged prints, nobody sees.
        silent = [line.cell(request, code, self._deadline, lambda kind, content: None) for line in others]
        cell = shown.cell(request, code, self._deadline, publish)
        reply = (await asyncio.gather(cell, *silent))[0] if silent else await cell
        # A cell that could not run says so; and in a test an exception that could not be shown is one all the same.
        if reply.pop("refused", self.role == "judge" and reply["status"] == "error") and not failed:
            self._publish(request, "error", error_in(reply))
        if self.role == "judge" and self._interrupted:
            await asyncio.gather(*(line.settle() for name, line in self._lines.items() if name != "judge"))
        self.shell_channel.queue.put_nowait(_message(request, "execute_reply", reply))
        self._publish(request, "status", {"execution_state": "idle"})

    def _publish(self, request: str, kind: str, content: Message) -> None:
        self.iopub_channel.queue.put_nowait(_message(request, kind, content))


class Line:
    """What is exchanged with one child. Once ``stopped`` it runs no more cells."""

    def __init__(self, child: Child, limits: Limits, first: Message) -> None:
        self.stopped, self.lost = "", False
        self._child, self._limits, self._first = child, limits, first
        self._left = limits.output_mib << 20
        self._ahead = bytearray()
        self._clock: asyncio.Timeout | None = None
        child.channel.setblocking(False)

    async def start(self) -> None:
        """Send the first frame, and wait until it has been taken."""
        try:
            await self._send(self._first)
            await self._receive()
        except (ConnectionError, EOFError):
            await self._ended()

    def interrupt(self, deadline: float) -> None:
        """Stop the cell that runs now, if there is one."""
        self._child.order("interrupt")
        if self._clock is not None:
            self._clock.reschedule(_loop_time(min(deadline, time.monotonic() + GRACE)))

    async def cell(
        self, request: str, code: str, deadline: float, publish: Callable[[str, Any], None]
    ) -> dict[str, Any]:
        """Run a cell; ``publish`` gets what it says. Gives the reply."""
        if self.stopped:
            return not_run(self.stopped)
        reply: dict[str, Any] | None = None
        try:
            async with asyncio.timeout_at(_loop_time(deadline)) as self._clock:
                await self._send({"id": request, "code": code})
                while True:
                    message = await self._receive()
                    kind, content = message["type"], message["content"]
                    if kind == "status":
                        break
                    if kind == "execute_reply":
                        reply = _reply(content)
                    else:
                        publish(kind, content)
        except TimeoutError:
            if time.monotonic() < deadline:
                return self._stop("a cell ran out of time and did not stop when it was interrupted")
            return self._stop(f"the notebook took longer than {self._limits.seconds} seconds in all")
        except _TooMuch:
            return self._stop(f"the notebook printed and displayed more than {self._limits.output_mib} MiB")
        except (ConnectionError, EOFError, asyncio.IncompleteReadError):
            return self._stop(await self._ended())
        except (ValueError, KeyError, TypeError):
            return self._stop("the notebook's process sent something that no kernel sends")
        finally:
            self._clock = None
        return reply or refused("NoReply", "the notebook's process said nothing of how this cell ended")

    async def settle(self) -> None:
        """After an interrupt: end a child that is still busy with what it was asked for."""
        if self.stopped:
            return
        try:
            async with asyncio.timeout(GRACE):
                await self._send({"ping": True})
                while (await self._receive())["type"] != "pong":
                    pass
        except Exception:  # busy, ended, or talking nonsense
            self._stop("a call into the learner's code ran out of time and did not stop when it was interrupted")

    async def _ended(self) -> str:
        end = await asyncio.to_thread(self._child.end)
        self.lost = end is None
        self.stopped = "the sandbox has ended" if end is None else end.reason or _why(end.code)
        return self.stopped

    async def _send(self, value: Any) -> None:
        await asyncio.get_running_loop().sock_sendall(self._child.channel, wire.pack(value))

    async def _receive(self) -> Message:
        size = wire.HEADER.unpack(await self._exactly(wire.HEADER.size))[0]
        self._left -= size
        if self._left < 0:
            raise _TooMuch
        return wire.unpack(await self._exactly(size))

    async def _exactly(self, size: int) -> bytes:
        loop, ahead = asyncio.get_running_loop(), self._ahead
        while len(ahead) < size:
            chunk = await loop.sock_recv(self._child.channel, min(max(size - len(ahead), 1 << 16), 1 << 20))
            if not chunk:
                raise EOFError
            ahead += chunk
        data = bytes(ahead[:size])
        del ahead[:size]
        return data

    def _stop(self, why: str) -> dict[str, Any]:
        self._child.order("kill")
        self.stopped = why
        return refused("Stopped", why)


class Manager:
    """What nbclient takes for a kernel manager: starting a kernel is asking the warm worker for children.

    With a ``plan`` (see :mod:`course.tools.verdict.plan`) there are a learner's child and a judge, linked. Where tests
    are hidden a third one runs the learner's cells once more: its run is shown, it answers the visible tests, and it
    never hears of a hidden one. The other, which does, has nothing to say that anybody would see.
    """

    def __init__(self, warm: Warm, limits: Limits, files: dict[str, str], plan: dict[str, Any] | None = None) -> None:
        self._warm, self._limits, self._files, self._plan = warm, limits, files, plan
        self._children: dict[str, Child] = {}
        self.made: Client | None = None

    @property
    def has_kernel(self) -> bool:
        return bool(self._children)

    def start_kernel(self, **options: Any) -> None:
        if self._plan is None:
            self._children["learner"] = self._warm.child(self._limits)
            return
        learners = ["learner", SHOWN] if self._plan["hidden"] else ["learner"]
        pairs = [socket.socketpair() for _ in learners]
        try:
            self._children["judge"] = self._warm.child(self._limits, [ours for ours, _ in pairs])
            for name, (_, theirs) in zip(learners, pairs, strict=True):
                self._children[name] = self._warm.child(self._limits, [theirs])
        finally:
            for end in itertools.chain(*pairs):
                end.close()

    def client(self) -> Client:
        assert self._children, "nbclient starts a kernel before it asks for a client"
        first: dict[str, Message] = {name: {"files": self._files} for name in self._children}
        if self._plan is not None:
            plan = {"setup": self._plan["setup"], "processor": processor.chosen()}
            first["judge"] = {"files": self._plan["files"], "plan": plan}
        self.made = Client(self._children, self._limits, first)
        return self.made

    def interrupt_kernel(self) -> None:
        if self.made is not None:
            self.made.interrupt()

    def close(self) -> None:
        """End the children and all that they have started."""
        for child in self._children.values():
            child.order("kill")
            child.close()
        self._children = {}


class _TooMuch(Exception):
    pass


def _loop_time(monotonic: float) -> float:
    return asyncio.get_running_loop().time() + monotonic - time.monotonic()


def _message(request: str, kind: str, content: dict[str, Any]) -> Message:
    return {"header": {"msg_type": kind}, "msg_type": kind, "parent_header": {"msg_id": request}, "content": content}


def _reply(content: Any) -> dict[str, Any]:
    """Of a reply, what nbclient reads."""
    if content["status"] != "error":
        return {"status": "ok"}
    return {
        "status": "error",
        "ename": str(content["ename"]),
        "evalue": str(content["evalue"]),
        "traceback": [str(line) for line in content["traceback"]],
    }


def error_in(reply: dict[str, Any]) -> dict[str, Any]:
    """What an error output shows of a reply."""
    return {name: reply[name] for name in ("ename", "evalue", "traceback")}


def not_run(stopped: str) -> dict[str, Any]:
    """The reply for a cell of a notebook that has stopped before."""
    return refused("NotRun", f"this cell did not run: {stopped}")


def refused(name: str, why: str) -> dict[str, Any]:
    """The reply for a cell that could not be run, or not to its end."""
    shown = [f"\x1b[0;31m{name}\x1b[0m: {why}"]
    return {"refused": True, "status": "error", "ename": name, "evalue": why, "traceback": shown}


def _why(code: int) -> str:
    if code == 128 + 9:
        return "the system killed the notebook's process (signal 9)"
    if code == 128 + 24:
        return "the notebook's process used more CPU time than it may"
    return f"the notebook's process ended by itself (exit code {code})"
