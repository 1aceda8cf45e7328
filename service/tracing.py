"""What follows a request through the process: the port, and the adapter that follows nothing.

`service.otlp` brings OpenTelemetry behind the same port; it is imported only where it is asked for.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol, TypeAlias

Attributes: TypeAlias = Mapping[str, str | int | float]
_NOTHING: AbstractContextManager[None] = nullcontext()
_NO_ATTRIBUTES: Attributes = {}


class Tracing(Protocol):
    """Spans of requests and of the batches that answer them."""

    def request(self, name: str, headers: Mapping[str, str]) -> AbstractContextManager[None]:
        """The span of one request; its parent is the W3C `traceparent` of the headers, where they have one."""

    def span(self, name: str, attributes: Attributes = _NO_ATTRIBUTES) -> AbstractContextManager[None]:
        """A part of what runs here now."""

    def here(self) -> object:
        """A reference to the span that runs here now, for another thread; None where there is none."""

    def waited(self, name: str, parent: object, seconds: float) -> None:
        """A span below `parent` that began `seconds` ago and ends now."""

    def batch(
        self, name: str, members: Sequence[object], attributes: Attributes = _NO_ATTRIBUTES
    ) -> AbstractContextManager[None]:
        """The span of work done for several requests at once, linked to a span of each."""

    def close(self) -> None:
        """Send what is still held. Blocks for a bounded time."""


class NoTracing:
    """Adapter of `Tracing` that costs nothing."""

    def request(self, name: str, headers: Mapping[str, str]) -> AbstractContextManager[None]:
        return _NOTHING

    def span(self, name: str, attributes: Attributes = _NO_ATTRIBUTES) -> AbstractContextManager[None]:
        return _NOTHING

    def here(self) -> object:
        return None

    def waited(self, name: str, parent: object, seconds: float) -> None:
        """Nothing to tell."""

    def batch(
        self, name: str, members: Sequence[object], attributes: Attributes = _NO_ATTRIBUTES
    ) -> AbstractContextManager[None]:
        return _NOTHING

    def close(self) -> None:
        """Nothing to send."""


NO_TRACING: Tracing = NoTracing()
