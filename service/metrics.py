"""What this process measures of itself. One registry an application, passed in; nothing global."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class StageClock:
    """Adds up the milliseconds of each stage of one request, and tells the histogram."""

    def __init__(self, histogram: Histogram) -> None:
        self._histogram = histogram
        self._ms: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure a part of a stage; parts of one name add up."""
        start = perf_counter()
        try:
            yield
        finally:
            self.add(name, perf_counter() - start)

    def add(self, name: str, seconds: float) -> None:
        """A part of a stage that was measured elsewhere."""
        self._histogram.labels(name).observe(seconds)
        self._ms[name] = self._ms.get(name, 0.0) + seconds * 1000.0

    def ms(self, name: str) -> float:
        return self._ms.get(name, 0.0)


class Metrics:
    """The metrics of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.stage_seconds = Histogram(
            "lookalike_stage_seconds",
            "Time of one stage of a request",
            ["stage"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.requests = Counter(
            "lookalike_requests", "Requests by route and status", ["route", "method", "status"], registry=self.registry
        )
        self.request_seconds = Histogram(
            "lookalike_request_seconds", "Time of a whole request", ["route"], buckets=_SECONDS, registry=self.registry
        )
        self._watch_queue()
        self._watch_encoder()
        self._watch_processes()
        self._watch_transport()
        self.cache_lookups = Counter(
            "lookalike_cache_lookups", "Look-ups by cache and result", ["cache", "result"], registry=self.registry
        )
        self.cache_errors = Counter(
            "lookalike_cache_errors",
            "Commands and values that a cache between processes failed on",
            ["cache", "reason"],
            registry=self.registry,
        )
        self.items_written = Counter(
            "lookalike_items", "Items of batches by outcome", ["status"], registry=self.registry
        )

        self.trace_spans = Counter(
            "lookalike_trace_spans",
            "Spans for the collector of traces (sent, lost)",
            ["outcome"],
            registry=self.registry,
        )

    def _watch_queue(self) -> None:
        registry = self.registry
        self.queue_waiting = Gauge(
            "lookalike_queue_waiting", "Inputs that wait for the encoder", ["lane"], registry=registry
        )
        self.expected_wait_seconds = Gauge(
            "lookalike_queue_expected_wait_seconds",
            "Estimated wait of an input that arrives now",
            ["lane"],
            registry=registry,
        )
        self.wait_seconds = Histogram(
            "lookalike_queue_wait_seconds",
            "Time from arrival in the queue to the start of the run",
            ["lane"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.queue_dropped = Counter(
            "lookalike_queue_dropped",
            "Inputs dropped before they were encoded (abandoned, expired, late)",
            ["lane", "reason"],
            registry=registry,
        )
        self.refused = Counter(
            "lookalike_admission_refused",
            "Requests and inputs refused with 503 (full, backlog, early)",
            ["lane", "reason"],
            registry=registry,
        )

    def _watch_encoder(self) -> None:
        registry, of_tower = self.registry, ["model", "tower"]
        self.encode_seconds = Histogram(
            "lookalike_encode_seconds", "Time of one run", of_tower, buckets=_SECONDS, registry=registry
        )
        self.batch_rows = Histogram(
            "lookalike_encode_batch_rows", "Inputs of one run", of_tower, buckets=_ROWS, registry=registry
        )
        self.encoded = Counter("lookalike_encoded", "Inputs encoded", of_tower, registry=registry)
        self.encode_splits = Counter(
            "lookalike_encode_splits", "Failed runs that were halved to find the guilty input", ["model"],
            registry=registry,
        )  # fmt: skip
        self.encode_failures = Counter(
            "lookalike_encode_failures",
            "Inputs, or crashed runs, without a vector (bad_input, failed, miscount, crashed)",
            ["model", "reason"],
            registry=registry,
        )

    def watch_queue(
        self, lane: str, waiting: Callable[[], float], expected_wait_ms: Callable[[], float] | None = None
    ) -> None:
        """Read the depth and the expected wait of a lane when the metrics are asked for."""
        self.queue_waiting.labels(lane).set_function(waiting)
        if expected_wait_ms is not None:
            self.expected_wait_seconds.labels(lane).set_function(lambda: expected_wait_ms() / 1000.0)

    def _watch_processes(self) -> None:
        registry = self.registry
        self.process_restarts = Counter(
            "lookalike_process_restarts",
            "Deaths of child processes, each followed by a start, by the signal or what else it was",
            ["process", "reason"],
            registry=registry,
        )
        self.quarantined = Gauge(
            "lookalike_quarantined", "Contents that are refused for their crashes", ["process"], registry=registry
        )
        self.decode_seconds = Histogram(
            "lookalike_decode_seconds",
            "Time of one picture in its decoder, the way there and back included",
            ["what"],
            buckets=_SECONDS,
            registry=registry,
        )

    def _watch_transport(self) -> None:
        registry = self.registry
        self.queue_replies = Counter(
            "lookalike_queue_replies",
            "Answers that came over Redis (answered, or unwanted: answered before, or nobody waits)",
            ["outcome"],
            registry=registry,
        )
        self.queue_lost = Counter(
            "lookalike_queue_lost", "Inputs that Redis lost and that were submitted again", registry=registry
        )
        self.worker_answers = Counter(
            "lookalike_worker_answers",
            "Entries that this worker finished (answered, or unwanted: somebody else did, or nobody waits)",
            ["outcome"],
            registry=registry,
        )
        self.worker_claimed = Counter(
            "lookalike_worker_claimed", "Entries taken over from workers that died", ["lane"], registry=registry
        )

    def watch_quarantine(self, process: str, count: Callable[[], float]) -> None:
        """Read how many contents are refused when the metrics are asked for."""
        self.quarantined.labels(process).set_function(count)

    def start_clock(self) -> "StageClock":
        """A clock for the stages of one request."""
        return StageClock(self.stage_seconds)

    def exposition(self) -> bytes:
        """The text format of Prometheus."""
        return generate_latest(self.registry)
