"""Real-time priority while a thread searches, where this system grants it."""

import os
import threading

import pytest
from structlog.testing import capture_logs

from service.realtime import NO_REALTIME, RealtimePriority, realtime_priority
from tests.realtime import REALTIME, needs_realtime, policy


def beside(priority: RealtimePriority) -> int:
    """The policy that one thread gets while another one holds a place."""
    seen: list[int] = []

    def hold() -> None:
        other = threading.Thread(target=lambda: seen.append(priority.given_to(policy)()))
        other.start()
        other.join(30)

    priority.given_to(hold)()
    return seen[0]


@needs_realtime
def test_a_thread_has_it_while_it_runs_and_not_afterwards() -> None:
    assert RealtimePriority(1).given_to(policy)() == REALTIME
    assert policy() == os.SCHED_OTHER


@needs_realtime
def test_it_ends_and_is_free_again_when_the_function_raises() -> None:
    priority = RealtimePriority(1)
    with pytest.raises(ZeroDivisionError):
        priority.given_to(lambda: 1 / 0)()
    assert policy() == os.SCHED_OTHER
    assert priority.given_to(policy)() == REALTIME


@needs_realtime
def test_one_thread_too_many_runs_without_it() -> None:
    assert beside(RealtimePriority(1)) == os.SCHED_OTHER
    assert beside(RealtimePriority(2)) == REALTIME


def test_without_it_a_function_answers_as_it_would() -> None:
    assert NO_REALTIME.given_to(lambda a, b: (a + b, policy()))(1, b=2) == (3, os.SCHED_OTHER)


@needs_realtime
def test_one_core_is_left_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    assert beside(realtime_priority()) == os.SCHED_OTHER


def test_a_single_core_is_not_taken_from_everything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    with capture_logs() as lines:
        assert realtime_priority() is NO_REALTIME
    assert [(line["event"], line["log_level"]) for line in lines] == [("no_realtime_priority", "warning")]
    assert "one core" in lines[0]["reason"]


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    monkeypatch.setattr(os, "sched_setscheduler", refuse)


@pytest.mark.usefixtures("refused")
def test_a_grant_that_was_taken_back_costs_no_search() -> None:
    priority = RealtimePriority(1)
    assert [priority.given_to(policy)() for _ in range(2)] == [os.SCHED_OTHER] * 2


@pytest.mark.usefixtures("refused")
def test_the_log_says_how_to_grant_it() -> None:
    with capture_logs() as lines:
        assert realtime_priority() is NO_REALTIME
    assert "ulimit -r 1" in lines[0]["reason"]
