"""How large the next run is, and what a backlog costs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.batching import GOOD_ENOUGH, CostCurve, backlog_ms, rows_of_run

ANY = float("inf")
# Two shapes as engines have them; the figures are made up.
CPU = CostCurve.of({1: 50.0, 2: 101.0, 4: 200.0, 8: 390.0})
GPU = CostCurve.of({1: 3.0, 2: 3.2, 4: 3.6, 8: 4.5, 16: 6.5, 32: 11.0, 64: 20.0, 128: 38.0})
curves = st.builds(
    lambda sizes, steps: CostCurve(tuple(sizes), tuple(sum(steps[: n + 1]) for n in range(len(sizes)))),
    st.sets(st.integers(1, 256), min_size=1, max_size=6).map(sorted),
    st.lists(st.floats(0.1, 100), min_size=6, max_size=6),
)


@pytest.mark.parametrize("waiting", [1, 2, 7, 1000])
def test_on_a_cpu_runs_hold_one_input(waiting: int) -> None:
    assert rows_of_run(CPU, waiting, ANY) == 1


@pytest.mark.parametrize(("waiting", "rows"), [(1, 1), (3, 3), (8, 8), (100, 64), (10_000, 128)])
def test_on_a_gpu_runs_hold_what_waits_until_more_brings_little(waiting: int, rows: int) -> None:
    assert rows_of_run(GPU, waiting, ANY) == rows


def test_a_run_ends_within_its_budget() -> None:
    assert rows_of_run(GPU, 1000, 12.0) == 32
    assert rows_of_run(GPU, 1000, 4.0) == 4


def test_one_input_runs_whatever_the_budget_is() -> None:
    assert rows_of_run(CPU, 10, 1.0) == 1


def test_padding_counts_as_work() -> None:
    padded = CostCurve.of({1: 10.0, 8: 40.0})
    assert rows_of_run(padded, 2, ANY) == 1  # 20 ms in two runs of one, 40 ms in a padded run of eight
    assert rows_of_run(padded, 8, ANY) == 8
    assert padded.run_ms(2) == 40.0


def test_a_backlog_costs_the_runs_that_it_takes() -> None:
    assert backlog_ms(CPU, 10, 1) == 500.0
    assert backlog_ms(GPU, 0, 64) == 0.0
    assert backlog_ms(GPU, 130, 64) == pytest.approx(2 * 20.0 + 3.2)


@given(curve=curves, waiting=st.integers(1, 2000), budget=st.floats(0.1, 1000))
def test_every_choice_is_a_fair_one(curve: CostCurve, waiting: int, budget: float) -> None:
    rows = rows_of_run(curve, waiting, budget)
    fitting = curve.cut_at(budget)
    assert 1 <= rows <= min(waiting, curve.largest)
    assert curve.run_ms(rows) <= max(budget, curve.ms[0])
    best = max(min(size, waiting) / ms for size, ms in zip(fitting.sizes, fitting.ms, strict=True))
    assert rows / curve.run_ms(rows) >= GOOD_ENOUGH * best * (1 - 1e-9)


@given(curve=curves, waiting=st.integers(0, 500), data=st.data())
def test_a_backlog_costs_no_less_than_its_cheapest_runs(curve: CostCurve, waiting: int, data: st.DataObject) -> None:
    rows = data.draw(st.sampled_from(curve.sizes))
    cost = backlog_ms(curve, waiting, rows)
    assert cost >= waiting * min(ms / size for size, ms in zip(curve.sizes, curve.ms, strict=True)) * (1 - 1e-9)
    assert (cost == 0) == (waiting == 0)
