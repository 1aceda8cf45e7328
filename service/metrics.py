"""What this process measures of itself. One registry an application, passed in; nothing global.

docs/operations.md lists all of it: `python -m service.metrics` prints the table, a test compares it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from types import TracebackType

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from service.types import LiveRecallFigure

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_REQUEST_SECONDS = (*_SECONDS, 30.0, 60.0, 120.0)
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_PREFIX = "lookalike_"


@dataclass(frozen=True)
class Description:
    """One metric, as Prometheus gets it."""

    name: str
    kind: str
    labels: Sequence[str]
    meaning: str


class StageClock:
    """Adds up the milliseconds of each stage of one request, and tells the histogram once, at the end of `with`."""

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
        self._ms[name] = self._ms.get(name, 0.0) + seconds * 1000.0

    def ms(self, name: str) -> float:
        return self._ms.get(name, 0.0)

    def __enter__(self) -> "StageClock":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name, ms in list(self._ms.items()):
            self._histogram.labels(name).observe(ms / 1000.0)


_RECALL_LABELS = ("collection", "field", "kind")
_RECALL_GAUGES: Mapping[str, tuple[str, Callable[[LiveRecallFigure], float]]] = {
    "recall_live": ("Recall@10 of live searches that were repeated exactly", lambda one: one.recall),
    "recall_live_samples": ("Searches in that mean", lambda one: one.samples),
    "recall_target": ("The recall that the collection asks for", lambda one: one.target),
    "recall_drift": ("1: the live recall is under the target, and not by chance", lambda one: one.drifts),
}


class _RecallCollector(Collector):
    """Gauges of what is there now: a collection that was dropped leaves none behind."""

    def __init__(self) -> None:
        self.figures: Callable[[], Sequence[LiveRecallFigure]] = list

    def collect(self) -> Iterator[GaugeMetricFamily]:
        figures = self.figures()
        for name, (meaning, value) in _RECALL_GAUGES.items():
            family = GaugeMetricFamily(_PREFIX + name, meaning, labels=_RECALL_LABELS)
            for one in figures:
                family.add_metric([one.collection, one.field, one.kind], float(value(one)))
            yield family


class Metrics:
    """The metrics of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.descriptions: list[Description] = []
        self._measure_requests()
        self._measure_queue()
        self._measure_encoder()
        self._measure_decoders()
        self._measure_processes()
        self._measure_redis()
        self._measure_recall()
        self._measure_rest()

    def watch_recall(self, figures: Callable[[], Sequence[LiveRecallFigure]]) -> None:
        """Read the recall of live searches when the metrics are asked for."""
        self._recall.figures = figures

    def watch_queue(
        self, lane: str, waiting: Callable[[], float], expected_wait_ms: Callable[[], float] | None = None
    ) -> None:
        """Read the depth and the expected wait of a lane when the metrics are asked for."""
        self.queue_waiting.labels(lane).set_function(waiting)
        if expected_wait_ms is not None:
            self.expected_wait_seconds.labels(lane).set_function(lambda: expected_wait_ms() / 1000.0)

    def watch_decoding(self, lane: str, waiting: Callable[[], float]) -> None:
        """Read how many pictures wait when the metrics are asked for."""
        self.decode_waiting.labels(lane).set_function(waiting)

    def watch_quarantine(self, process: str, count: Callable[[], float]) -> None:
        """Read how many contents are refused when the metrics are asked for."""
        self.quarantined.labels(process).set_function(count)

    def start_clock(self) -> StageClock:
        """A clock for the stages of one request."""
        return StageClock(self.stage_seconds)

    def exposition(self) -> bytes:
        """The text format of Prometheus."""
        return generate_latest(self.registry)

    def _measure_requests(self) -> None:
        self.requests = self._counter("requests", "Requests by route and status", "route", "method", "status")
        self.request_seconds = self._histogram(
            "request_seconds", "Time of a whole request", "route", buckets=_REQUEST_SECONDS
        )
        self.requests_running = self._gauge(
            "requests_running", "Requests that are being answered (at most LOOKALIKE_MAX_REQUESTS)"
        )
        self.intake_refused = self._counter(
            "intake_refused", "Requests refused with 503 for the room they take (requests, bodies)", "reason"
        )
        self.stage_seconds = self._histogram(
            "stage_seconds",
            "Time of one stage: decode, embed, search, rank of a search; decode, embed of embeddings; "
            "check, encode, write of a batch of items",
            "stage",
        )

    def _measure_queue(self) -> None:
        self.queue_waiting = self._gauge("queue_waiting", "Inputs that wait for the encoder", "lane")
        self.expected_wait_seconds = self._gauge(
            "queue_expected_wait_seconds", "Estimated wait of an input that arrives now", "lane"
        )
        self.wait_seconds = self._histogram(
            "queue_wait_seconds",
            "Time from arrival in the queue of this process to the start of the run",
            "lane",
            "model",
        )
        self.queue_dropped = self._counter(
            "queue_dropped",
            "Inputs dropped before they were encoded (abandoned by the client; expired; late: could not end in time)",
            "lane",
            "model",
            "reason",
        )
        self.refused = self._counter(
            "admission_refused",
            "Requests and inputs refused before they wait: 503 (full; backlog; early, by the header alone; away: no "
            "Redis or no worker), or 504 (expired)",
            "lane",
            "reason",
        )

    def _measure_encoder(self) -> None:
        of_tower = ("model", "tower")
        self.encode_seconds = self._histogram("encode_seconds", "Time of one run of the encoder", *of_tower)
        self.batch_rows = self._histogram("encode_batch_rows", "Inputs of one run", *of_tower, buckets=_ROWS)
        self.encoded = self._counter("encoded", "Inputs encoded", *of_tower)
        self.encode_splits = self._counter(
            "encode_splits", "Failed runs that were halved to find the guilty input", "model"
        )
        self.encode_failures = self._counter(
            "encode_failures",
            "Inputs without a vector (bad_input; quarantined; miscount; failed: the engine or its process)",
            "model",
            "reason",
        )
        self.encode_crashes = self._counter(
            "encode_crashes",
            "Runs during which the encoder's process died: each of their inputs is tried alone",
            "model",
        )

    def _measure_decoders(self) -> None:
        self.decode_waiting = self._gauge("decode_waiting", "Pictures that wait for a decoder", "lane")
        self.decode_wait_seconds = self._histogram("decode_wait_seconds", "Time until a decoder was free", "lane")
        self.decode_seconds = self._histogram(
            "decode_seconds",
            "Time of one picture in its decoder, the way there and back included (pixels; keep: of an item; thumbnail)",
            "what",
        )
        self.decode_failures = self._counter(
            "decode_failures",
            "Pictures that were not decoded, by the code of the problem (docs/api.md), or abandoned: nobody waits",
            "what",
            "reason",
        )

    def _measure_processes(self) -> None:
        self.process_restarts = self._counter(
            "process_restarts",
            "Deaths of child processes, each followed by a start, by the signal or what else it was",
            "process",
            "reason",
        )
        self.quarantined = self._gauge("quarantined", "Contents that are refused for their crashes", "process")

    def _measure_redis(self) -> None:
        self.queue_replies = self._counter(
            "queue_replies",
            "Answers that came over Redis (answered, or unwanted: answered before, or nobody waits)",
            "outcome",
        )
        self.queue_lost = self._counter("queue_lost", "Inputs that Redis lost and that were submitted again")
        self.worker_wait_seconds = self._histogram(
            "worker_wait_seconds", "Time from submission to Redis until this worker began with the input", "lane"
        )
        self.worker_answers = self._counter(
            "worker_answers",
            "Inputs that this worker finished (answered, or unwanted: somebody else did, or nobody waits)",
            "outcome",
        )
        self.worker_claimed = self._counter("worker_claimed", "Inputs taken over from workers that died", "lane")

    def _measure_recall(self) -> None:
        self.recall_checks = self._counter(
            "recall_checks",
            "Searches drawn to be repeated exactly (checked; exact: nothing was approximate; dropped: too many waited)",
            "outcome",
        )
        self._recall = _RecallCollector()
        self.registry.register(self._recall)
        for name, (meaning, _) in _RECALL_GAUGES.items():
            self.descriptions.append(Description(_PREFIX + name, "gauge", _RECALL_LABELS, meaning))

    def _measure_rest(self) -> None:
        self.cache_lookups = self._counter("cache_lookups", "Look-ups by cache and result", "cache", "result")
        self.cache_errors = self._counter(
            "cache_errors", "Commands and values that a cache between processes failed on", "cache", "reason"
        )
        self.items_written = self._counter("items", "Items of batches by outcome", "status")
        self.trace_spans = self._counter("trace_spans", "Spans for the collector of traces (sent, lost)", "outcome")

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        self.descriptions.append(Description(f"{_PREFIX}{name}_total", "counter", labels, meaning))
        return Counter(_PREFIX + name, meaning, labels, registry=self.registry)

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        self.descriptions.append(Description(_PREFIX + name, "gauge", labels, meaning))
        return Gauge(_PREFIX + name, meaning, labels, registry=self.registry)

    def _histogram(self, name: str, meaning: str, *labels: str, buckets: Sequence[float] = _SECONDS) -> Histogram:
        self.descriptions.append(Description(_PREFIX + name, "histogram", labels, meaning))
        return Histogram(_PREFIX + name, meaning, labels, buckets=buckets, registry=self.registry)


def as_markdown() -> str:
    """The table in docs/operations.md."""
    rows = [
        f"| `{one.name}` | {one.kind} | {', '.join(f'`{label}`' for label in one.labels)} | {one.meaning} |"
        for one in Metrics().descriptions
    ]
    return "\n".join(["| Metric | Type | Labels | Meaning |", "|---|---|---|---|", *rows]) + "\n"


if __name__ == "__main__":
    print(as_markdown(), end="")
