"""What is taken in: as much as ends in time, and no burst that passes while it is decoded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.admission import SHARE_OF_DEADLINE, Admission
from service.errors import DeadlineExceededError, OverloadedError
from service.metrics import Metrics
from service.queue import Content, Encoded, Estimate, Group, Lane
from service.types import Deadline, QueueFigures
from tests.fakes.clock import FakeClock

TEXT, IMAGE = Group("tiny", "text"), Group("tiny", "image")


class StatedQueue:
    """Estimates what the test says."""

    def __init__(self, wait_ms: float = 0.0, room: int = 100) -> None:
        self.wait_ms, self.room = wait_ms, room

    def estimate(self, group: Group, lane: Lane) -> Estimate:
        run_ms = 10.0 if group.tower == "text" else 50.0
        return Estimate(self.room, self.wait_ms, run_ms, run_ms / 2)

    async def encode(self, model: str, content: Content, lane: Lane, deadline: Deadline) -> Encoded:
        raise NotImplementedError

    def figures(self) -> QueueFigures:
        raise NotImplementedError

    def close(self, grace_s: float) -> None: ...


def is_admitted(admission: Admission, count: int, lane: Lane, deadline: Deadline, group: Group = IMAGE) -> bool:
    try:
        with admission.admit([group] * count, lane, deadline):
            return True
    except OverloadedError:
        return False


def made(wait_ms: float = 0.0, room: int = 100) -> tuple[Admission, Metrics, FakeClock]:
    metrics, clock = Metrics(), FakeClock()
    return Admission(StatedQueue(wait_ms, room), metrics, clock), metrics, clock


def test_work_that_ends_in_time_is_taken_and_other_work_is_not() -> None:
    admission, _, clock = made(wait_ms=700)
    assert is_admitted(admission, 1, "interactive", Deadline.after(1, clock))
    assert not is_admitted(admission, 1, "interactive", Deadline.after(0.9, clock))


def test_the_answer_says_when_to_come_back() -> None:
    admission, metrics, clock = made(wait_ms=9_000)
    with pytest.raises(OverloadedError) as refused, admission.admit([TEXT], "bulk", Deadline.after(5, clock)):
        pass
    assert refused.value.retry_after_s == 6  # 9.01 s of work, 4 s of room
    assert (
        metrics.registry.get_sample_value("lookalike_admission_refused_total", {"lane": "bulk", "reason": "backlog"})
        == 1
    )


def test_a_free_encoder_tries_a_single_input_whatever_it_is_thought_to_cost() -> None:
    admission, _, clock = made()
    assert is_admitted(admission, 1, "interactive", Deadline.after(0.001, clock))
    assert not is_admitted(admission, 1000, "bulk", Deadline.after(1, clock))


def test_a_burst_counts_before_it_arrives_in_the_queue() -> None:
    admission, _, clock = made(wait_ms=1)
    deadline = Deadline.after(1, clock)
    with admission.admit([IMAGE] * 28, "interactive", deadline) as places:
        assert not is_admitted(admission, 4, "interactive", deadline)
        for place in places:
            place.leave()
        assert is_admitted(admission, 4, "interactive", deadline)
    assert is_admitted(admission, 28, "interactive", deadline)


def test_bulk_work_on_its_way_does_not_count_for_interactive_work() -> None:
    admission, _, clock = made(wait_ms=1)
    deadline = Deadline.after(1, clock)
    with admission.admit([IMAGE] * 28, "bulk", deadline):
        assert is_admitted(admission, 20, "interactive", deadline)
        assert not is_admitted(admission, 20, "bulk", deadline)


def test_a_full_lane_is_refused_whatever_the_time() -> None:
    admission, metrics, clock = made(room=0)
    assert not is_admitted(admission, 1, "interactive", Deadline.after(100, clock))
    assert (
        metrics.registry.get_sample_value(
            "lookalike_admission_refused_total", {"lane": "interactive", "reason": "full"}
        )
        == 1
    )


def test_decoding_counts_once_it_is_the_slower_part() -> None:
    admission, _, clock = made(wait_ms=1)
    with admission.decoding():
        clock.advance(0.4)
    assert is_admitted(admission, 1, "interactive", Deadline.after(1, clock))
    with admission.decoding(), admission.decoding():
        assert not is_admitted(admission, 1, "interactive", Deadline.after(1, clock))
        assert is_admitted(admission, 1, "interactive", Deadline.after(1, clock), TEXT)


def test_a_hopeless_request_is_refused_by_its_cheapest_input() -> None:
    admission, metrics, clock = made(wait_ms=780)
    admission.refuse_hopeless([IMAGE, TEXT], "interactive", Deadline.after(1, clock))
    with pytest.raises(OverloadedError):
        admission.refuse_hopeless([IMAGE], "interactive", Deadline.after(1, clock))
    assert (
        metrics.registry.get_sample_value(
            "lookalike_admission_refused_total", {"lane": "interactive", "reason": "early"}
        )
        == 1
    )


def test_what_is_late_already_is_no_overload() -> None:
    admission, metrics, clock = made()
    with pytest.raises(DeadlineExceededError), admission.admit([TEXT], "bulk", Deadline.after(0, clock)):
        pass
    labels = {"lane": "bulk", "reason": "expired"}
    assert metrics.registry.get_sample_value("lookalike_admission_refused_total", labels) == 1


@given(
    wait_ms=st.floats(0.1, 20_000), count=st.integers(1, 50), seconds=st.floats(0.01, 20), lane=st.sampled_from(
        ["interactive", "bulk"]
    )
)  # fmt: skip
def test_nothing_is_taken_that_is_expected_to_be_late(wait_ms: float, count: int, seconds: float, lane: Lane) -> None:
    admission, _, clock = made(wait_ms=wait_ms)
    expected_ms = wait_ms + 25.0 * (count - 1) + 50.0
    fits = expected_ms <= SHARE_OF_DEADLINE * seconds * 1000.0
    assert is_admitted(admission, count, lane, Deadline.after(seconds, clock)) == fits
    assert sum(admission._reserved_ms.values()) == pytest.approx(0, abs=1e-9)
