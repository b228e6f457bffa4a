"""Frames over a socket pair: a JSON header and raw buffers, both bounded."""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

import numpy as np

from course.tools.verdict.codec import Malformed, NotCarried

#: The most that one header (JSON) and the buffers of one frame may hold.
HEADER_BYTES, BUFFER_BYTES = 32 << 20, 1 << 30
_SIZE = struct.Struct("!I")
_ENCODE = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
#: Buffers smaller than this go out together with the header, and what is smaller comes in with one call.
_TOGETHER = 1 << 15


class Gone(Exception):
    """The other process has ended, or what it says cannot be read any more."""


class Link:
    """One end. After :class:`Gone` it stays closed."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._why = ""
        self._ahead, self._from, self._to = memoryview(bytearray(2 * _TOGETHER)), 0, 0
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            channel.setsockopt(socket.SOL_SOCKET, option, 1 << 22)

    def fileno(self) -> int:
        return self._channel.fileno()

    @property
    def pending(self) -> bool:
        """Whether something was read that has not been received yet: the descriptor does not tell of it."""
        return self._from < self._to

    def send(self, header: dict[str, Any], buffers: list[np.ndarray]) -> None:
        """Send one frame.

        Raises
        ------
        NotCarried
            It is larger than a frame may be.
        """
        header["b"] = [buffer.nbytes for buffer in buffers]
        data = _ENCODE(header).encode()
        if len(data) > HEADER_BYTES or sum(header["b"]) > BUFFER_BYTES:
            raise NotCarried(
                f"a value is larger than what is carried ({HEADER_BYTES >> 20} MiB of lists, strings and numbers, "
                f"{BUFFER_BYTES >> 20} MiB of arrays): use a smaller one"
            )
        self._check()
        pending = bytearray(_SIZE.pack(len(data)) + data)
        try:
            for buffer in buffers:
                if buffer.nbytes < _TOGETHER:
                    pending += buffer.data
                    continue
                self._channel.sendall(pending)
                pending = bytearray()
                self._channel.sendall(buffer.data)
            self._channel.sendall(pending)
        except OSError:
            raise self.close("it has ended") from None
        except BaseException:  # interrupted half-way: what follows would not be understood
            self.close("it was stopped while a value was on its way")
            raise

    def receive(self) -> tuple[dict[str, Any], list[np.ndarray]]:
        """The next frame."""
        self._check()
        began = False
        try:
            (size,) = _SIZE.unpack(self._exactly(_SIZE.size).data)
            began = True
            if size > HEADER_BYTES:
                raise Malformed("a frame too large")
            header = json.loads(self._exactly(size).tobytes())
            sizes = header.pop("b")
            if not all(type(one) is int and one >= 0 for one in sizes) or sum(sizes) > BUFFER_BYTES:
                raise Malformed("buffers too large")
            return header, [self._exactly(one) for one in sizes]
        except (OSError, EOFError):
            raise self.close("it has ended") from None
        except (Malformed, ValueError, TypeError, LookupError, AttributeError, RecursionError, MemoryError):
            raise self.close("it sent something that is no answer") from None
        except BaseException:
            if began:
                self.close("it was stopped while a value was on its way")
            raise

    def close(self, why: str) -> Gone:
        """No more frames; gives the error that says so."""
        self._why = self._why or why
        self._channel.close()
        return self._gone()

    def _check(self) -> None:
        if self._why:
            raise self._gone()

    def _gone(self) -> Gone:
        return Gone(f"the process that runs your code cannot be asked any more: {self._why}")

    def _exactly(self, size: int) -> np.ndarray:
        # Empty memory takes its pages when bytes arrive: a size alone costs nothing.
        data = np.empty(size, np.uint8)
        view, done = data.data, 0
        while done < size:
            if self._from == self._to and size - done >= _TOGETHER:
                count = self._channel.recv_into(view[done:])
                if not count:
                    raise EOFError
            else:
                if self._from == self._to:
                    self._from, self._to = 0, self._channel.recv_into(self._ahead)
                    if not self._to:
                        raise EOFError
                count = min(size - done, self._to - self._from)
                view[done : done + count] = self._ahead[self._from : self._from + count]
                self._from += count
            done += count
        return data
