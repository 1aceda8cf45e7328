"""The spans: what they are called, whose children they are, and which requests have any.

A request is traced or not as its client says in `traceparent`, else by chance; one that is not has no span at all,
so that nothing below it has one either. Knows no exporter.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import Link, SpanContext, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from service.tracing import Attributes, Member

_W3C = TraceContextTextMapPropagator()
_HEADER = "traceparent"


class OtlpTracing:
    """Adapter of `Tracing`: every ended span goes to `processor`."""

    def __init__(
        self,
        processor: SpanProcessor,
        share: float = 1.0,
        service: str = "lookalike",
        version: str = "",
        close: Callable[[TracerProvider], None] = TracerProvider.shutdown,
    ) -> None:
        """`share`: of the requests whose client says nothing. `close`: ends the provider within a bounded time."""
        resource = Resource.create({"service.name": service, "service.version": version})
        self._provider = TracerProvider(ALWAYS_ON, resource, shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("lookalike", version)
        self._share = share
        self._close = close

    @contextmanager
    def request(self, traceparent: str | None) -> Iterator[None]:
        parent = _parent(traceparent or "")
        asked = trace.get_current_span(parent).get_span_context()
        is_traced = asked.trace_flags.sampled if asked.is_valid else random.random() < self._share  # noqa: S311
        if not is_traced:
            yield
            return
        with self._tracer.start_as_current_span("request", parent, SpanKind.SERVER, record_exception=False):
            yield

    def answered(self, method: str, route: str, status: int, request_id: str) -> None:
        """Names and attributes: OpenTelemetry's semantic conventions for HTTP servers."""
        span = trace.get_current_span()
        if not span.is_recording():
            return
        span.update_name(f"{method} {route}".rstrip())
        span.set_attributes({"http.request.method": method, "http.response.status_code": status})
        span.set_attribute("lookalike.request_id", request_id)
        if route:
            span.set_attribute("http.route", route)
        if status >= 500:
            span.set_attribute("error.type", str(status))
            span.set_status(StatusCode.ERROR)

    @contextmanager
    def span(self, name: str, attributes: Attributes | None = None) -> Iterator[None]:
        if self.here() is None:
            yield
            return
        with self._tracer.start_as_current_span(name, attributes=attributes, record_exception=False):
            yield

    def note(self, attributes: Attributes) -> None:
        trace.get_current_span().set_attributes(attributes)

    def here(self) -> SpanContext | None:
        context = trace.get_current_span().get_span_context()
        return context if context.is_valid else None

    def outgoing(self) -> str:
        carrier: dict[str, str] = {}
        _W3C.inject(carrier)
        return carrier.get(_HEADER, "")

    @contextmanager
    def incoming(self, name: str, traceparent: str, attributes: Attributes | None = None) -> Iterator[None]:
        parent = _parent(traceparent)
        if not trace.get_current_span(parent).get_span_context().is_valid:
            yield
            return
        with self._tracer.start_as_current_span(
            name, parent, SpanKind.CONSUMER, attributes=attributes, record_exception=False
        ):
            yield

    @contextmanager
    def run(self, members: Sequence[Member], attributes: Attributes | None = None) -> Iterator[None]:
        """Inputs of one request share one `queue` (the longest wait) and one `encode`."""
        waits = _waits(members)
        if not waits:
            yield
            return
        now = time.time_ns()
        links = [Link(asked) for asked, _ in waits]
        batch = self._tracer.start_span("encode batch", Context(), links=links, attributes=attributes, start_time=now)
        back = [Link(batch.get_span_context())]
        encodes = []
        for asked, seconds in waits:
            below = trace.set_span_in_context(trace.NonRecordingSpan(asked), Context())
            self._tracer.start_span("queue", below, start_time=now - round(seconds * 1e9)).end(now)
            encodes.append(self._tracer.start_span("encode", below, links=back, start_time=now))
        try:
            with trace.use_span(batch, end_on_exit=True, record_exception=False):
                yield
        finally:
            for span in encodes:
                span.end()

    def close(self) -> None:
        self._close(self._provider)


def _waits(members: Sequence[Member]) -> Sequence[tuple[SpanContext, float]]:
    """Each span that asked, once, and its longest wait in seconds."""
    found: dict[int, tuple[SpanContext, float]] = {}
    for member in members:
        if isinstance(asked := member.asked, SpanContext):
            longest = max(member.waited_s, found[asked.span_id][1] if asked.span_id in found else 0.0)
            found[asked.span_id] = (asked, longest)
    return list(found.values())


def _parent(traceparent: str) -> Context:
    """Empty for what is no valid `traceparent`."""
    if not traceparent:
        return Context()
    return _W3C.extract({_HEADER: traceparent}, Context())
