"""What a child does: the port that roles keep, and how one is found by its name."""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from service.processes.frames import Buffer


@dataclass(frozen=True)
class Answer:
    """The head in msgpack, and the buffers that travel behind it as they are."""

    head: bytes
    body: Sequence[Buffer] = ()


class Role(Protocol):
    """Made once, with the arguments of its spec; what it raises then is said to the parent.

    A role proves in its constructor that it works, so that a child that never can is not taken for the victim of
    an input. `answer` is called from several threads at a time, one for each channel.
    """

    def greeting(self) -> bytes:
        """What the parent hears when the child is ready."""

    def answer(self, head: bytearray, body: bytearray) -> Answer:
        """Raising is no crash: the caller gets a RemoteError."""


def make_role(name: str, arguments: bytes) -> Role:
    """`module:Class`, called with its arguments."""
    module, _, attribute = name.partition(":")
    made: Any = getattr(importlib.import_module(module), attribute)
    return cast(Role, made(arguments))
