"""What the process tells Prometheus."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.metrics import Metrics


def test_applications_do_not_share_metrics() -> None:
    one, other = Metrics(), Metrics()
    one.encoded.labels("tiny", "text").inc()
    assert one.registry.get_sample_value("lookalike_encoded_total", {"model": "tiny", "tower": "text"}) == 1
    assert other.registry.get_sample_value("lookalike_encoded_total", {"model": "tiny", "tower": "text"}) is None


def test_parts_of_a_stage_add_up_and_are_observed() -> None:
    metrics = Metrics()
    clock = metrics.start_clock()
    for _ in range(2):
        with clock.stage("embed"):
            pass
    assert clock.ms("embed") > 0
    assert clock.ms("never") == 0
    assert metrics.registry.get_sample_value("lookalike_stage_seconds_count", {"stage": "embed"}) == 2


def test_a_stage_that_fails_is_measured_too() -> None:
    clock = Metrics().start_clock()
    with pytest.raises(ValueError, match="inside"), clock.stage("rank"):
        raise ValueError("inside")
    assert clock.ms("rank") > 0


def test_the_depth_of_the_queue_is_read_when_it_is_asked_for() -> None:
    metrics, waiting = Metrics(), [1, 2]
    metrics.watch_queue("bulk", lambda: len(waiting), lambda: 100.0 * len(waiting))
    waiting.append(3)
    assert metrics.registry.get_sample_value("lookalike_queue_waiting", {"lane": "bulk"}) == 3
    assert metrics.registry.get_sample_value("lookalike_queue_expected_wait_seconds", {"lane": "bulk"}) == 0.3


def test_the_exposition_is_valid_and_every_metric_is_described() -> None:
    families = list(text_string_to_metric_families(Metrics().exposition().decode()))
    assert len(families) >= 8
    assert all(family.name.startswith("lookalike_") and family.documentation for family in families)
