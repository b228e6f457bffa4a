"""Make a child look like a Jupyter kernel, so that nbclient itself executes the notebook.

nbclient asks for a kernel manager and a client with two channels; these are their counterparts over one socket.
A child that dies, floods or does not end costs its cells, not the notebook: cells that cannot run any more get an error
that says so, and what was reached before stays.
"""

from __future__ import annotations

import asyncio
import queue
import time
import uuid
from typing import Any

from ipykernel.ipkernel import IPythonKernel

from course.tools.grading import wire
from course.tools.grading.limits import Limits
from course.tools.grading.warm import Child, Warm

#: Seconds that a cell has to stop once it is interrupted; nbclient waits 4 for the output of one that timed out.
GRACE = 3.0
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
            return await asyncio.wait_for(self.queue.get(), timeout)
        except TimeoutError:
            raise queue.Empty from None


class Client:
    """What nbclient takes for a kernel client. ``stopped`` tells why no more cells can run, empty while they can.

    ``lost``: it is the worker that has ended, for which the notebook cannot be blamed.
    """

    def __init__(self, child: Child, limits: Limits, files: dict[str, str]) -> None:
        self.shell_channel, self.iopub_channel = Channel(), Channel()
        self.allow_stdin = False
        self.stopped, self.lost = "", False
        self._child, self._limits, self._files = child, limits, files
        self._left = limits.output_mib << 20
        self._deadline = time.monotonic() + limits.seconds
        self._clock: asyncio.Timeout | None = None
        self._task: asyncio.Task[None] | None = None
        child.channel.setblocking(False)

    def start_channels(self) -> None:
        """Nothing to start: the channel is open since the child was asked for."""

    def stop_channels(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Hand over the files, and wait for a worker that is still warming up: no cell is to pay for that."""
        try:
            await self._send({"files": self._files})
            await self._receive()
        except (ConnectionError, EOFError):
            await self._ended()
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
        self._child.order("interrupt")
        if self._clock is not None:
            self._clock.reschedule(_loop_time(min(self._deadline, time.monotonic() + GRACE)))

    async def execute(self, code: str, **options: Any) -> str:
        request = uuid.uuid4().hex
        if self.stopped:
            self._refuse(request, "NotRun", f"this cell did not run: {self.stopped}")
        else:
            self._task = asyncio.ensure_future(self._run(request, code))
        return request

    async def _run(self, request: str, code: str) -> None:
        try:
            async with asyncio.timeout_at(_loop_time(self._deadline)) as self._clock:
                await self._send({"id": request, "code": code})
                self.iopub_channel.queue.put_nowait(_message(request, "status", {"execution_state": "busy"}))
                while True:
                    message = await self._receive()
                    kind, content = message["type"], message["content"]
                    if kind == "status":
                        self.iopub_channel.queue.put_nowait(_message(request, kind, {"execution_state": "idle"}))
                        return
                    if kind == "execute_reply":
                        self.shell_channel.queue.put_nowait(_message(request, kind, _reply(content)))
                    elif kind in _PUBLISHED and isinstance(content, dict):
                        self.iopub_channel.queue.put_nowait(_message(request, kind, content))
        except TimeoutError:
            if time.monotonic() < self._deadline:
                self._stop(request, "a cell ran out of time and did not stop when it was interrupted")
            else:
                self._stop(request, f"the notebook took longer than {self._limits.seconds} seconds in all")
        except _TooMuch:
            self._stop(request, f"the notebook printed and displayed more than {self._limits.output_mib} MiB")
        except (ConnectionError, EOFError, asyncio.IncompleteReadError):
            self._stop(request, await self._ended())
        except (ValueError, KeyError, TypeError):
            self._stop(request, "the notebook's process sent something that no kernel sends")

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
        loop, data = asyncio.get_running_loop(), bytearray()
        while len(data) < size:
            chunk = await loop.sock_recv(self._child.channel, min(size - len(data), 1 << 20))
            if not chunk:
                raise EOFError
            data += chunk
        return bytes(data)

    def _stop(self, request: str, why: str) -> None:
        self._child.order("kill")
        self.stopped = why
        self._refuse(request, "Stopped", why)

    def _refuse(self, request: str, name: str, why: str) -> None:
        content = {"ename": name, "evalue": why, "traceback": [f"\x1b[0;31m{name}\x1b[0m: {why}"]}
        self.iopub_channel.queue.put_nowait(_message(request, "error", content))
        self.shell_channel.queue.put_nowait(_message(request, "execute_reply", {"status": "error", **content}))
        self.iopub_channel.queue.put_nowait(_message(request, "status", {"execution_state": "idle"}))


class Manager:
    """What nbclient takes for a kernel manager: starting a kernel is asking the warm worker for a child."""

    def __init__(self, warm: Warm, limits: Limits, files: dict[str, str]) -> None:
        self._warm, self._limits, self._files = warm, limits, files
        self._child: Child | None = None
        self.made: Client | None = None

    @property
    def has_kernel(self) -> bool:
        return self._child is not None

    def start_kernel(self, **options: Any) -> None:
        self._child = self._warm.child(self._limits)

    def client(self) -> Client:
        assert self._child is not None, "nbclient starts a kernel before it asks for a client"
        self.made = Client(self._child, self._limits, self._files)
        return self.made

    def interrupt_kernel(self) -> None:
        if self.made is not None:
            self.made.interrupt()

    def close(self) -> None:
        """End the child and all that it has started."""
        if self._child is not None:
            self._child.order("kill")
            self._child.close()
            self._child = None


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


def _why(code: int) -> str:
    if code == 128 + 9:
        return "the system killed the notebook's process (signal 9)"
    if code == 128 + 24:
        return "the notebook's process used more CPU time than it may"
    return f"the notebook's process ended by itself (exit code {code})"
