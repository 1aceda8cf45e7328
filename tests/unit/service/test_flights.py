"""Equal work at the same time is done once, and goes on while somebody waits for it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from service.errors import DeadlineExceededError, EncoderFailedError
from service.flights import Flights
from service.types import Deadline

SOON = Deadline.after(3600)  # made when the test is collected, long before it may run


class Work:
    """Ends when the test lets it."""

    def __init__(self, error: Exception | None = None) -> None:
        self.begun, self.cancelled = 0, 0
        self.let = asyncio.Event()
        self._error = error

    def __call__(self) -> Coroutine[Any, Any, int]:
        return self._run()

    async def _run(self) -> int:
        self.begun += 1
        number = self.begun
        try:
            await self.let.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self._error is not None:
            raise self._error
        return number


async def joined(flights: Flights[int], work: Callable[[], Any], deadline: Deadline = SOON) -> "asyncio.Task[int]":
    task = asyncio.ensure_future(flights.join("key", deadline, work))
    for _ in range(3):
        await asyncio.sleep(0)
    return task


async def test_all_who_ask_at_the_same_time_share_one_result() -> None:
    flights, work = Flights[int](), Work()
    tasks = [await joined(flights, work) for _ in range(5)]
    work.let.set()
    assert await asyncio.gather(*tasks) == [1] * 5
    assert not flights.has("key")


async def test_who_asks_later_begins_anew() -> None:
    flights, work = Flights[int](), Work()
    work.let.set()
    assert [await flights.join("key", SOON, work) for _ in range(2)] == [1, 2]


async def test_the_first_one_may_leave_without_harm_to_the_others() -> None:
    flights, work = Flights[int](), Work()
    first, second = await joined(flights, work), await joined(flights, work)
    first.cancel()
    await asyncio.wait({first})
    work.let.set()
    assert await second == 1
    assert (first.cancelled(), work.begun, work.cancelled) == (True, 1, 0)


async def test_work_that_nobody_waits_for_is_dropped() -> None:
    flights, work = Flights[int](), Work()
    tasks = [await joined(flights, work) for _ in range(3)]
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    await asyncio.sleep(0)
    assert (work.cancelled, flights.has("key")) == (1, False)


async def test_an_error_is_shared_and_not_kept() -> None:
    flights, work = Flights[int](), Work(EncoderFailedError("broken"))
    tasks = [await joined(flights, work) for _ in range(3)]
    work.let.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [EncoderFailedError] * 3
    with pytest.raises(EncoderFailedError):
        await flights.join("key", SOON, work)
    assert work.begun == 2


async def test_each_waits_until_its_own_deadline() -> None:
    flights, work = Flights[int](), Work()
    patient = await joined(flights, work)
    hasty = await joined(flights, work, Deadline.after(0))
    with pytest.raises(DeadlineExceededError):
        await hasty
    work.let.set()
    assert await patient == 1


async def test_who_has_more_time_than_the_first_begins_again_when_its_time_is_up() -> None:
    flights, late, work = Flights[int](), Work(DeadlineExceededError("late")), Work()
    first = await joined(flights, late, Deadline.after(1800))
    patient = await joined(flights, work)
    work.let.set()
    late.let.set()
    with pytest.raises(DeadlineExceededError):
        await first
    assert await patient == 1
    assert (late.begun, work.begun) == (1, 1)
