"""Frames on a socket between a process and its child: a fixed header, a head in msgpack, raw bytes behind it.

The bytes (pixels, vectors, picture files) are sent from where they lie and received into one buffer: no copy in
Python, no pickle.
"""

import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, TypeAlias

from service.processes.errors import ProcessError

VERSION = 1
_HEADER = struct.Struct("!BBIQ")  # version, kind, bytes of the head, bytes behind it
_MAX_HEAD_BYTES = 1 << 26
_MAX_BODY_BYTES = 1 << 32
_PARTS_AT_A_TIME = 512  # below IOV_MAX

Buffer: TypeAlias = Any
"""Whatever `memoryview` takes and lies in one piece: bytes, a C-contiguous array."""


class FrameKind(IntEnum):
    START = 0
    READY = 1
    CALL = 2
    ANSWER = 3
    FAILURE = 4


class FrameError(ProcessError):
    """The other side does not speak this version."""


@dataclass(frozen=True)
class Frame:
    """One received frame. `body` is writable and owned by whoever received it."""

    kind: FrameKind
    head: bytearray
    body: bytearray


def send(channel: socket.socket, kind: FrameKind, head: bytes, body: Sequence[Buffer] = ()) -> None:
    """Raises OSError (TimeoutError among them) when not all of it could be handed over."""
    parts = [memoryview(part).cast("B") for part in body]
    header = _HEADER.pack(VERSION, kind, len(head), sum(len(part) for part in parts))
    left = [memoryview(header + head), *(part for part in parts if len(part))]
    while left:
        sent = channel.sendmsg(left[:_PARTS_AT_A_TIME])
        while left and sent >= len(left[0]):
            sent -= len(left.pop(0))
        if sent:
            left[0] = left[0][sent:]


def receive(channel: socket.socket) -> Frame:
    """Raises EOFError at the end of the stream, OSError (TimeoutError among them), FrameError."""
    version, kind, head_bytes, body_bytes = _HEADER.unpack(_exactly(channel, _HEADER.size))
    if version != VERSION or head_bytes > _MAX_HEAD_BYTES or body_bytes > _MAX_BODY_BYTES:
        raise FrameError(f"not a frame of version {VERSION}")
    return Frame(FrameKind(kind), _exactly(channel, head_bytes), _exactly(channel, body_bytes))


def _exactly(channel: socket.socket, size: int) -> bytearray:
    buffer = bytearray(size)
    view, got = memoryview(buffer), 0
    while got < size:
        count = channel.recv_into(view[got:])
        if not count:
            raise EOFError("the other side closed the channel")
        got += count
    return buffer
