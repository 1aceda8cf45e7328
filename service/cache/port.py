"""The port of what may be forgotten: bounded, with a time to live. Losing an entry costs time, never data."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

V = TypeVar("V")


class Cache(Protocol[V]):
    """Values by key. An adapter between processes brings a codec for its kind of value."""

    async def get(self, key: str) -> V | None:
        """The value, or None where it is unknown or too old."""

    async def get_many(self, keys: Sequence[str]) -> list[V | None]:
        """The same for several keys at once, in order."""

    async def put(self, key: str, value: V, size_bytes: int) -> None:
        """Keep a value of about `size_bytes`; one larger than the whole cache is not kept."""


class UnreadableValueError(Exception):
    """Bytes that are no value of this release; never leaves this package."""


class Codec(Protocol[V]):
    """Values to bytes and back, for adapters between processes. Starts with a version; never pickle."""

    def encode(self, value: V) -> bytes: ...

    def decode(self, data: bytes) -> V:
        """Raises UnreadableValueError."""
