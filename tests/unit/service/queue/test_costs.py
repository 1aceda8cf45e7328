"""What runs cost, as they are measured."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.batching import CostCurve, rows_of_run
from service.queue.costs import Costs
from service.queue.port import Group, Lane

TEXT = Group("tiny", "text")
LIMITS: Mapping[Lane, float] = {"interactive": 250.0, "bulk": 100.0}
CPU = CostCurve.of({1: 50.0, 8: 400.0})


def learned(seed: CostCurve, runs: list[tuple[int, float]]) -> CostCurve:
    costs = Costs(LIMITS, {TEXT: seed})
    for rows, ms in runs:
        costs.learn(TEXT, rows, ms)
    return costs.curve(TEXT)


def test_what_was_never_measured_is_run_one_by_one_at_no_cost() -> None:
    assert Costs(LIMITS).curve(TEXT) == CostCurve((1,), (0.0,))


def test_the_first_run_tells_the_cost_of_a_row() -> None:
    costs = Costs(LIMITS)
    costs.learn(TEXT, 1, 12.0)
    assert costs.curve(TEXT).run_ms(1) == 12.0
    assert costs.curve(Group("tiny", "image")).run_ms(1) == 0.0


def test_a_busy_machine_makes_every_size_slower_and_a_quiet_one_fast_again() -> None:
    busy = learned(CPU, [(1, 100.0)] * 50)
    assert busy.ms == pytest.approx((100.0, 800.0), rel=0.05)
    assert rows_of_run(busy, 100, float("inf")) == 1
    assert learned(CPU, [(1, 100.0)] * 50 + [(1, 50.0)] * 50).ms == pytest.approx((50.0, 400.0), rel=0.05)


def test_a_size_that_is_slower_than_it_was_measured_is_found_out() -> None:
    seed = CostCurve.of({1: 10.0, 8: 20.0})
    truth = learned(seed, [(1, 10.0), (8, 80.0)] * 200)
    assert truth.run_ms(8) / truth.run_ms(1) == pytest.approx(8.0, rel=0.35)


def test_one_stall_does_not_last() -> None:
    assert learned(CPU, [(1, 50.0)] * 5 + [(1, 60_000.0)]).run_ms(1) <= 90.0


def test_a_lane_of_many_is_cut_into_runs_within_its_limit_until_runs_become_slower() -> None:
    costs = Costs(LIMITS, {TEXT: CostCurve.of({1: 20.0, 8: 40.0, 64: 160.0})})
    assert costs.backlog_ms(TEXT, "interactive", 130) == 2 * 160 + 40
    assert costs.backlog_ms(TEXT, "bulk", 130) == 16 * 40 + 40
    assert costs.share_ms(TEXT, "bulk") == 5.0
    for _ in range(50):
        costs.learn(TEXT, 8, 80.0)
    assert costs.share_ms(TEXT, "interactive") == pytest.approx(10.0, rel=0.1)  # 64 would take 320 ms now
    assert costs.backlog_ms(TEXT, "interactive", 0) == 0.0


@given(st.lists(st.tuples(st.integers(1, 8), st.floats(0.01, 1e5)), max_size=60))
def test_costs_stay_positive_and_finite(runs: list[tuple[int, float]]) -> None:
    assert all(0 < ms < 1e12 for ms in learned(CPU, runs).ms)
