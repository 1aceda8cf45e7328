"""Bounds and deadlines of work."""

import asyncio
import threading

import pytest

from service.errors import DeadlineExceededError, OverloadedError
from service.pacing import Threads, Turns, in_window, within
from service.types import Deadline
from tests.fakes.clock import FakeClock

SOON = Deadline.after(3600)  # made when the test is collected, long before it may run


def test_a_deadline_counts_down_and_never_below_zero() -> None:
    clock = FakeClock()
    deadline = Deadline.after(2, clock)
    clock.advance(1.5)
    assert (deadline.remaining(), deadline.is_expired) == (0.5, False)
    clock.advance(1)
    assert (deadline.remaining(), deadline.is_expired) == (0, True)


async def test_an_await_past_its_deadline_is_cancelled() -> None:
    forever = asyncio.get_running_loop().create_future()
    with pytest.raises(DeadlineExceededError):
        await within(Deadline.after(0), forever)
    assert forever.cancelled()


async def test_a_thread_gives_back_what_the_function_returns_or_raises() -> None:
    threads = Threads("test", 1, 4)
    assert await threads.run(SOON, lambda a, b: a + b, 1, b=2) == 3
    with pytest.raises(ZeroDivisionError):
        await threads.run(SOON, lambda: 1 / 0)
    threads.close()


async def test_work_beyond_the_capacity_is_refused_and_room_comes_back() -> None:
    threads, gate = Threads("test", 1, 2), threading.Event()
    waiting = [asyncio.ensure_future(threads.run(SOON, gate.wait, 30)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(OverloadedError, match="too much test work"):
        await threads.run(SOON, gate.wait, 30)
    gate.set()
    assert await asyncio.gather(*waiting) == [True, True]
    assert await threads.run(SOON, lambda: "room") == "room"
    threads.close()


async def test_work_whose_caller_left_never_starts() -> None:
    threads, gate, started = Threads("test", 1, 4), threading.Event(), threading.Event()
    first = asyncio.ensure_future(threads.run(SOON, gate.wait, 30))
    second = asyncio.ensure_future(threads.run(SOON, started.set))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    gate.set()
    await first
    threads.close()
    assert not started.is_set()


async def test_work_that_waited_past_its_deadline_never_starts() -> None:
    threads, gate, started = Threads("test", 1, 4), threading.Event(), threading.Event()
    first = asyncio.ensure_future(threads.run(SOON, gate.wait, 30))
    await asyncio.sleep(0)
    with pytest.raises(DeadlineExceededError):
        await threads.run(Deadline.after(0), started.set)
    gate.set()
    await first
    threads.close()
    assert not started.is_set()


async def test_closed_threads_refuse() -> None:
    threads = Threads("test", 1, 1)
    threads.close()
    for _ in range(3):  # and keep their permits
        with pytest.raises(OverloadedError, match="shutting down"):
            await threads.run(SOON, int)


async def given(turns: Turns, order: list[str], name: str) -> None:
    await turns.take(name.startswith("bulk"), SOON)
    order.append(name)


async def test_interactive_work_gets_the_next_turn_before_bulk_that_waited_longer() -> None:
    turns, order = Turns(1, 0, 9), list[str]()
    await turns.take(False, SOON)
    waiting = [asyncio.ensure_future(given(turns, order, name)) for name in ("bulk 1", "bulk 2", "one", "two")]
    await asyncio.sleep(0)
    for _ in waiting:
        turns.give_back()
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    assert order == ["one", "two", "bulk 1", "bulk 2"]


async def test_bulk_never_takes_the_reserved_turns() -> None:
    turns, order = Turns(3, 1, 9), list[str]()
    waiting = [asyncio.ensure_future(given(turns, order, f"bulk {n}")) for n in range(3)]
    await asyncio.sleep(0)
    await turns.take(False, SOON)
    assert order == ["bulk 0", "bulk 1"]
    turns.give_back()
    turns.give_back()
    await asyncio.gather(*waiting)


async def test_who_waits_for_a_turn_is_bounded_and_may_leave() -> None:
    turns, order = Turns(1, 0, 1), list[str]()
    await turns.take(False, SOON)
    waiting = asyncio.ensure_future(given(turns, order, "leaves"))
    await asyncio.sleep(0)
    with pytest.raises(OverloadedError):
        await turns.take(False, SOON)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    with pytest.raises(DeadlineExceededError):
        await turns.take(False, Deadline.after(0))
    turns.give_back()
    await turns.take(False, SOON)
    assert order == []


async def test_a_turn_that_came_with_the_cancellation_is_given_back() -> None:
    turns, order = Turns(1, 0, 1), list[str]()
    await turns.take(False, SOON)
    waiting = asyncio.ensure_future(given(turns, order, "unlucky"))
    await asyncio.sleep(0)
    turns.give_back()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await turns.take(False, SOON)


async def test_a_window_keeps_the_order_and_its_width() -> None:
    running, most = 0, 0

    async def double(value: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return 2 * value

    assert await in_window(double, range(20), 3) == [2 * n for n in range(20)]
    assert most == 3


async def test_the_first_error_in_a_window_cancels_the_rest() -> None:
    cancelled = []

    async def work(value: int) -> None:
        if value == 0:
            raise ValueError("first")
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            cancelled.append(value)
            raise

    with pytest.raises(ValueError, match="first"):
        await in_window(work, range(3), 3)
    assert cancelled == [1, 2]
