"""A small OpenTelemetry collector: takes OTLP over HTTP, reads the protobuf, keeps the spans.

`python -m tests.otlp_collector 4318` prints them.
"""

import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

_ANSWER_S = 60.0


@dataclass(frozen=True)
class SentSpan:
    """One span as it arrived; ids in hex, "" where there is none."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    links: tuple[str, ...]
    ms: float

    def __str__(self) -> str:
        linked = f" linked with {', '.join(self.links)}" if self.links else ""
        below = f" below {self.parent}" if self.parent else ""
        return f"{self.service}: {self.name}, {self.ms:.1f} ms; trace {self.trace}, span {self.id}{below}{linked}"


class Collector:
    """`with Collector() as collector: …`; answers with `status`, once `answers` is set (it is)."""

    def __init__(self, port: int = 0) -> None:
        """Port 0: a free one."""
        self.status = 200
        self.answers = threading.Event()
        self.answers.set()
        self.asked = threading.Event()
        self._spans: list[SentSpan] = []
        self._changed = threading.Condition()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.asked.set()
                collector.answers.wait(_ANSWER_S)
                is_known = self.path == "/v1/traces" and self.headers["Content-Type"] == "application/x-protobuf"
                status = collector.status if is_known else 404
                if status == 200:
                    collector._keep(body)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def next(self, seen: int) -> Sequence[SentSpan]:
        """Wait for more than have been `seen`, and return those."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._spans) > seen)
            return self._spans[seen:]

    @property
    def spans(self) -> Sequence[SentSpan]:
        with self._changed:
            return tuple(self._spans)

    def one(self, name: str) -> SentSpan:
        (span,) = [span for span in self.spans if span.name == name]
        return span

    def wait_for(self, name: str, within_s: float = 60.0) -> None:
        """Until a span of this name has come."""
        with self._changed:
            found = self._changed.wait_for(lambda: any(span.name == name for span in self._spans), within_s)
        assert found, f"no span {name!r} came"

    def _keep(self, body: bytes) -> None:
        message = ExportTraceServiceRequest.FromString(body)
        with self._changed:
            for resource in message.resource_spans:
                named = {one.key: one.value.string_value for one in resource.resource.attributes}
                for scope in resource.scope_spans:
                    self._spans += [
                        SentSpan(
                            named["service.name"],
                            span.name,
                            span.trace_id.hex(),
                            span.span_id.hex(),
                            span.parent_span_id.hex(),
                            tuple(link.span_id.hex() for link in span.links),
                            (span.end_time_unix_nano - span.start_time_unix_nano) / 1e6,
                        )
                        for span in scope.spans
                    ]
            self._changed.notify_all()

    def __enter__(self) -> "Collector":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.answers.set()
        self._server.shutdown()
        self._server.server_close()


if __name__ == "__main__":
    printed = 0
    with Collector(int(sys.argv[1])) as running:
        while more := running.next(printed):
            print(*more, sep="\n", flush=True)
            printed += len(more)
