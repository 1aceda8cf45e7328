"""Spans on their way to a real collector, to one that refuses, hangs, or is not there."""

import sys
from collections.abc import Iterator

import pytest
import structlog

from service.errors import SettingsError
from service.metrics import Metrics
from service.otlp import OtlpTracing, open_tracing
from service.settings import Settings
from service.tracing import NO_TRACING
from service.tracing_settings import tracing_of
from tests.otlp_collector import Collector

NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as running:
        yield running


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[structlog.typing.EventDict]]:
    with structlog.testing.capture_logs() as entries:
        yield entries


def request(tracing: OtlpTracing) -> None:
    with tracing.request(None):
        tracing.answered("GET", "/v1/models", 200, "id-1")


def spans_of(metrics: Metrics, outcome: str) -> float | None:
    return metrics.registry.get_sample_value("lookalike_trace_spans_total", {"outcome": outcome})


@pytest.mark.parametrize("path", ["", "/", "/v1/traces"])
def test_spans_arrive_and_closing_sends_what_is_held(collector: Collector, path: str) -> None:
    metrics = Metrics()
    tracing = open_tracing(collector.url + path, 1.0, "lookalike-worker", metrics)
    for _ in range(1000):
        request(tracing)
    tracing.close()
    assert len(collector.spans) == 1000
    assert {(span.service, span.name) for span in collector.spans} == {("lookalike-worker", "GET /v1/models")}
    assert (spans_of(metrics, "sent"), spans_of(metrics, "lost")) == (1000, None)


@pytest.mark.parametrize("status", [404, 500, None])
def test_a_collector_that_takes_nothing_loses_spans_and_is_named_once(
    collector: Collector, logged: list[structlog.typing.EventDict], status: int | None
) -> None:
    metrics = Metrics()
    collector.status = status or 200
    tracing = open_tracing(collector.url if status else NOBODY, 1.0, "lookalike", metrics)
    for _ in range(1000):  # more than one message
        request(tracing)
    tracing.close()
    assert spans_of(metrics, "sent") is None
    assert (spans_of(metrics, "lost") or 0) > 0
    (line,) = logged
    assert line["log_level"] == "warning" and line["collector"] in (collector.url + NOBODY)


def test_closing_does_not_wait_for_a_collector_that_hangs(collector: Collector) -> None:
    collector.answers.clear()
    tracing = open_tracing(collector.url, 1.0, "lookalike", Metrics())
    for _ in range(3000):
        request(tracing)
    assert collector.asked.wait(30)
    tracing.close()
    assert not collector.answers.is_set()  # it hangs still


@pytest.mark.parametrize("endpoint", ["collector:4318", "ftp://collector", "http://", "/v1/traces"])
def test_an_endpoint_that_is_no_address_is_refused(endpoint: str) -> None:
    with pytest.raises(SettingsError, match=r"LOOKALIKE_TRACES_ENDPOINT .*http://127.0.0.1:4318"):
        tracing_of(Settings(traces_endpoint=endpoint), "lookalike", Metrics())


def test_without_an_endpoint_nothing_is_traced() -> None:
    assert tracing_of(Settings(), "lookalike", Metrics()) is NO_TRACING


def test_without_the_extra_the_setting_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("service.otlp")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk", None)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)
    with pytest.raises(SettingsError, match=r"pip install .*\[tracing\]"):
        tracing_of(Settings(traces_endpoint=NOBODY), "lookalike", Metrics())
