"""Sends spans to a collector over OTLP, from a thread of its own. One that is away loses spans, never requests."""

import logging
import threading
from collections.abc import Sequence
from importlib.metadata import version
from urllib.parse import urlsplit

import structlog
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from service.errors import SettingsError
from service.metrics import Metrics
from service.otlp.spans import OtlpTracing

SEND_S = 3.0
"""For one message, its repetitions included, and for all that is held at the end."""
_HELD = 8192
_DELAY_S = 1.0
_PATH = "/v1/traces"
_log = structlog.get_logger("tracing")


class _Forward(logging.Handler):
    """What the SDK logs (it had to drop spans), among our own lines."""

    def emit(self, record: logging.LogRecord) -> None:
        _log.warning(record.getMessage(), source=record.name)


_FORWARD = _Forward(logging.WARNING)


class CountedExporter(SpanExporter):
    """Counts the spans that were sent and that were lost, and logs when that changes."""

    def __init__(self, exporter: SpanExporter, metrics: Metrics, collector: str) -> None:
        self._exporter = exporter
        self._spans = metrics.trace_spans
        self._collector = collector
        self._is_up = True

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        is_up = result is SpanExportResult.SUCCESS
        self._spans.labels("sent" if is_up else "lost").inc(len(spans))
        if self._is_up and not is_up:
            _log.warning("the collector takes no traces: they are lost until it does", collector=self._collector)
        elif is_up and not self._is_up:
            _log.info("the collector takes traces again", collector=self._collector)
        self._is_up = is_up
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


def open_tracing(endpoint: str, share: float, service: str, metrics: Metrics) -> OtlpTracing:
    """`endpoint`: where traces are posted, such as http://collector:4318, to which the usual path is added.

    Raises: SettingsError where it is no address.
    """
    url = _complete(endpoint)
    _forward_logs()
    exporter = CountedExporter(OTLPSpanExporter(url, timeout=SEND_S), metrics, urlsplit(url).netloc.rpartition("@")[2])
    processor = BatchSpanProcessor(exporter, max_queue_size=_HELD, schedule_delay_millis=_DELAY_S * 1000.0)

    def close(provider: TracerProvider) -> None:
        """The SDK's own shutdown may take half a minute for a collector that is away."""
        ending = threading.Thread(target=provider.shutdown, name="tracing-end", daemon=True)
        ending.start()
        ending.join(SEND_S)

    return OtlpTracing(processor, share, service, version("lookalike"), close)


def _forward_logs() -> None:
    """But not what the exporter says of each message that fails: `CountedExporter` says it once."""
    logs = logging.getLogger("opentelemetry")
    logs.addHandler(_FORWARD)
    logs.propagate = False
    logging.getLogger("opentelemetry.exporter").setLevel(logging.CRITICAL)


def _complete(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise SettingsError(
            f"LOOKALIKE_TRACES_ENDPOINT is {endpoint!r}: give the collector's address, such as http://127.0.0.1:4318"
        )
    return parts._replace(path=_PATH).geturl() if parts.path in ("", "/") else endpoint
