"""The same work asked for several times at once is done once. Owns tasks; knows nothing of what they do."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from service.errors import DeadlineExceededError, OverloadedError
from service.pacing import within
from service.types import Deadline

T = TypeVar("T")


@dataclass(eq=False)
class _Flight(Generic[T]):
    task: "asyncio.Task[T]"
    deadline: Deadline
    waiting: int = 0


class Flights(Generic[T]):
    """Work in progress by key. Belongs to one event loop."""

    def __init__(self) -> None:
        self._flights: dict[str, _Flight[T]] = {}

    def has(self, key: str) -> bool:
        return key in self._flights

    async def join(self, key: str, deadline: Deadline, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The result of `work`, or of the same work that is already under way.

        Work goes on while somebody waits for it, whoever began it, and is cancelled when nobody does. Its error is
        everybody's; but who has more time than the one that began it starts it again when that time ran out.
        """
        while True:
            flight = self._flights.get(key)
            began = flight is None
            if flight is None:
                flight = self._begin(key, deadline, work)
            try:
                return await self._wait(key, flight, deadline)
            except (DeadlineExceededError, OverloadedError):
                if began or not flight.task.done() or deadline.at <= flight.deadline.at or deadline.is_expired:
                    raise

    def _begin(self, key: str, deadline: Deadline, work: Callable[[], Coroutine[Any, Any, T]]) -> _Flight[T]:
        flight = _Flight(asyncio.ensure_future(work()), deadline)
        self._flights[key] = flight
        flight.task.add_done_callback(lambda task: self._landed(key, flight))
        return flight

    async def _wait(self, key: str, flight: _Flight[T], deadline: Deadline) -> T:
        flight.waiting += 1
        try:
            return await within(deadline, asyncio.shield(flight.task))
        finally:
            flight.waiting -= 1
            if flight.waiting == 0 and not flight.task.done():
                self._forget(key, flight)
                flight.task.cancel()

    def _landed(self, key: str, flight: _Flight[T]) -> None:
        self._forget(key, flight)
        if not flight.task.cancelled():
            flight.task.exception()  # those who waited got it; when all had left, nobody has to hear of it

    def _forget(self, key: str, flight: _Flight[T]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
