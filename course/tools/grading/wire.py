"""Frames of JSON over a stream socket: four bytes of length, then UTF-8."""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

HEADER = struct.Struct("!I")


def pack(value: Any) -> bytes:
    """One frame."""
    data = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return HEADER.pack(len(data)) + data


def unpack(data: bytes) -> Any:
    """What a frame's body holds."""
    return json.loads(data.decode("utf-8", "replace"))


def send(channel: socket.socket, *values: Any) -> None:
    """Send a frame for each value, all at once; blocks until they are taken."""
    channel.sendall(b"".join(map(pack, values)))


def receive(channel: socket.socket) -> Any:
    """The next frame's value, or ``None`` where the other side has closed."""
    header = _exactly(channel, HEADER.size)
    if header is None:
        return None
    body = _exactly(channel, HEADER.unpack(header)[0])
    return None if body is None else unpack(body)


def _exactly(channel: socket.socket, size: int) -> bytes | None:
    data = bytearray()
    while len(data) < size:
        chunk = channel.recv(min(size - len(data), 1 << 20))
        if not chunk:
            return None
        data += chunk
    return bytes(data)
