"""How much a worker takes when nobody says it."""

from service.batching import CostCurve
from service.queue import Group
from service.worker.workplace import rows_of_busy_runs

IMAGE, TEXT = Group("tiny", "image"), Group("tiny", "text")


def test_a_worker_takes_enough_for_the_largest_run_that_pays() -> None:
    image = CostCurve.of({1: 100.0, 8: 800.0})  # batches bring nothing
    text = CostCurve.of({1: 10.0, 4: 12.0, 8: 14.0})
    assert rows_of_busy_runs({IMAGE: image}) == 1
    assert rows_of_busy_runs({IMAGE: image, TEXT: text}) == 8


def test_where_nothing_was_measured_it_takes_single_inputs() -> None:
    assert rows_of_busy_runs({}) == 1
