"""What follows a request through the processes: the port, and the adapter that follows nothing.

`service.otlp` brings OpenTelemetry behind the same port; it is imported only where it is asked for.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol, TypeAlias

Attributes: TypeAlias = Mapping[str, str | int | float | bool]
_NOTHING: AbstractContextManager[None] = nullcontext()
_NO_ATTRIBUTES: Attributes = {}


@dataclass(frozen=True)
class Member:
    """One input of a run of the encoder: the span that asked for it (`Tracing.here`), and how long it waited."""

    asked: object
    waited_s: float


class Tracing(Protocol):
    """Spans of requests, and of the runs of the encoder that answer several of them. Used from several threads.

    No method raises, whatever becomes of the spans: they are not worth a request.
    """

    def request(self, traceparent: str | None) -> AbstractContextManager[None]:
        """The span of one request, below the client's (W3C Trace Context), where it says one."""

    def answered(self, method: str, route: str, status: int, request_id: str) -> None:
        """What became of the request whose span runs here now. `route`: its template, "" where none matched."""

    def span(self, name: str, attributes: Attributes = _NO_ATTRIBUTES) -> AbstractContextManager[None]:
        """A part of what runs here now; nothing where no span runs."""

    def note(self, attributes: Attributes) -> None:
        """Add to the span that runs here now."""

    def here(self) -> object:
        """A reference to the span that runs here now, for another thread; None where there is none."""

    def outgoing(self) -> str:
        """The same as a `traceparent`, for another process; "" where there is none."""

    def incoming(
        self, name: str, traceparent: str, attributes: Attributes = _NO_ATTRIBUTES
    ) -> AbstractContextManager[None]:
        """A span below one of another process; nothing where that has none."""

    def run(self, members: Sequence[Member], attributes: Attributes = _NO_ATTRIBUTES) -> AbstractContextManager[None]:
        """The span `encode batch` of a run that begins now, and below each span that asked, `queue` and `encode`.

        They are linked in both directions.
        """

    def close(self) -> None:
        """Send what is still held. Blocks for a bounded time."""


class NoTracing:
    """Adapter of `Tracing` that costs nothing."""

    def request(self, traceparent: str | None) -> AbstractContextManager[None]:
        return _NOTHING

    def answered(self, method: str, route: str, status: int, request_id: str) -> None:
        """Nothing to tell."""

    def span(self, name: str, attributes: Attributes = _NO_ATTRIBUTES) -> AbstractContextManager[None]:
        return _NOTHING

    def note(self, attributes: Attributes) -> None:
        """Nothing to tell."""

    def here(self) -> object:
        return None

    def outgoing(self) -> str:
        return ""

    def incoming(
        self, name: str, traceparent: str, attributes: Attributes = _NO_ATTRIBUTES
    ) -> AbstractContextManager[None]:
        return _NOTHING

    def run(self, members: Sequence[Member], attributes: Attributes = _NO_ATTRIBUTES) -> AbstractContextManager[None]:
        return _NOTHING

    def close(self) -> None:
        """Nothing to send."""


NO_TRACING: Tracing = NoTracing()
