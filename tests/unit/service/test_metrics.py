"""What the process tells Prometheus."""

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.metrics import Metrics, as_markdown


def test_applications_do_not_share_metrics() -> None:
    one, other = Metrics(), Metrics()
    one.encoded.labels("tiny", "text").inc()
    assert one.registry.get_sample_value("lookalike_encoded_total", {"model": "tiny", "tower": "text"}) == 1
    assert other.registry.get_sample_value("lookalike_encoded_total", {"model": "tiny", "tower": "text"}) is None


def test_parts_of_a_stage_add_up_and_are_observed_once() -> None:
    metrics = Metrics()
    with metrics.start_clock() as clock:
        for _ in range(2):
            with clock.stage("rank"):
                pass
    assert clock.ms("rank") > 0
    assert clock.ms("never") == 0
    assert metrics.registry.get_sample_value("lookalike_stage_seconds_count", {"stage": "rank"}) == 1
    total_s = metrics.registry.get_sample_value("lookalike_stage_seconds_sum", {"stage": "rank"})
    assert total_s == pytest.approx(clock.ms("rank") / 1000.0)


def test_a_stage_that_fails_is_measured_too() -> None:
    metrics = Metrics()
    with pytest.raises(ValueError, match="inside"), metrics.start_clock() as clock, clock.stage("rank"):
        raise ValueError("inside")
    assert metrics.registry.get_sample_value("lookalike_stage_seconds_count", {"stage": "rank"}) == 1


def test_the_depth_of_the_queue_is_read_when_it_is_asked_for() -> None:
    metrics, waiting = Metrics(), [1, 2]
    metrics.watch_queue("bulk", lambda: len(waiting), lambda: 100.0 * len(waiting))
    waiting.append(3)
    assert metrics.registry.get_sample_value("lookalike_queue_waiting", {"lane": "bulk"}) == 3
    assert metrics.registry.get_sample_value("lookalike_queue_expected_wait_seconds", {"lane": "bulk"}) == 0.3


def test_the_exposition_is_valid_and_every_metric_is_described() -> None:
    families = list(text_string_to_metric_families(Metrics().exposition().decode()))
    named = {f"{one.name}_total" if one.type == "counter" else one.name for one in families}
    named = {name for name in named if not name.endswith("_created")}
    assert named == {one.name for one in Metrics().descriptions}
    assert all(family.documentation for family in families)


def test_the_page_lists_every_metric() -> None:
    page = (Path(__file__).parents[3] / "docs" / "operations.md").read_text(encoding="utf-8")
    assert as_markdown() in page, "run: python -m service.metrics, and put it into docs/operations.md"
