"""Deadlines and bounds for work: threads with a limit, awaits with a deadline, batches in a window."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import ParamSpec, TypeVar

from service.errors import DeadlineExceededError, OverloadedError
from service.types import Deadline

P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S")

_LATE = "the answer was not there in time: try again, ask for less, or raise the deadline of the service"


async def within(deadline: Deadline, awaitable: Awaitable[T]) -> T:
    """Await until the deadline, then cancel. Raises DeadlineExceededError."""
    try:
        async with asyncio.timeout(deadline.remaining()):
            return await awaitable
    except TimeoutError as exc:
        raise DeadlineExceededError(_LATE) from exc


async def in_window(function: Callable[[S], Awaitable[T]], values: Sequence[S], width: int) -> list[T]:
    """`function` of each value, at most `width` at a time; the first error cancels the others and is raised."""
    permits = asyncio.Semaphore(width)

    async def one(value: S) -> T:
        async with permits:
            return await function(value)

    tasks = [asyncio.ensure_future(one(value)) for value in values]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Threads:
    """A pool of threads for blocking work; what does not fit in `capacity` (running and waiting) is refused."""

    def __init__(self, name: str, workers: int, capacity: int) -> None:
        self._name = name
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=name)
        self._permits = BoundedSemaphore(capacity)

    async def run(self, deadline: Deadline, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`function(*args)` in a thread. Work that waited past its deadline, or whose caller left, never starts.

        Raises: OverloadedError, DeadlineExceededError, and what the function raises.
        """
        if not self._permits.acquire(blocking=False):
            raise OverloadedError(f"too much {self._name} work is waiting: try again in a second")
        future = self._submit(deadline, function, *args, **kwargs)
        return await within(deadline, asyncio.wrap_future(future))

    def _submit(self, deadline: Deadline, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        def unless_late() -> T:
            if deadline.is_expired:
                raise DeadlineExceededError(_LATE)
            return function(*args, **kwargs)

        try:
            future = self._pool.submit(unless_late)
        except RuntimeError as exc:  # the pool was shut down
            self._permits.release()
            raise OverloadedError("the service is shutting down: try another one") from exc
        future.add_done_callback(lambda _: self._permits.release())
        return future

    def close(self) -> None:
        """Let running work finish, drop what waits. Blocks."""
        self._pool.shutdown(wait=True, cancel_futures=True)
