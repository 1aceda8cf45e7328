"""Deadlines and bounds for work: threads with a limit, awaits with a deadline, batches in a window."""

import asyncio
import os
import sys
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import BoundedSemaphore
from typing import ParamSpec, TypeVar

from service.errors import DeadlineExceededError, OverloadedError
from service.types import Deadline

P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S")

_LOWEST = 19
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


class Turns:
    """So many at a time: interactive callers first, and bulk callers never take the last `reserved` turns.

    Lives in one event loop.
    """

    def __init__(self, count: int, reserved: int, max_waiting: int) -> None:
        self._free = count
        self._reserved = reserved
        self._max_waiting = max_waiting
        self._interactive: deque[asyncio.Future[None]] = deque()
        self._bulk: deque[asyncio.Future[None]] = deque()

    async def take(self, is_bulk: bool, deadline: Deadline) -> None:
        """Wait for a turn; whoever got one gives it back. Raises OverloadedError, DeadlineExceededError."""
        waiters = self._bulk if is_bulk else self._interactive
        if len(waiters) >= self._max_waiting:
            raise OverloadedError(f"{len(waiters)} pictures wait to be decoded already: try again in a second")
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiters.append(waiter)
        self._wake()
        try:
            await within(deadline, waiter)
        except BaseException:
            if waiter.done() and not waiter.cancelled():
                self.give_back()
            elif waiter in waiters:
                waiters.remove(waiter)
            raise

    def waiting(self, is_bulk: bool) -> int:
        return len(self._bulk if is_bulk else self._interactive)

    def give_back(self) -> None:
        self._free += 1
        self._wake()

    def _wake(self) -> None:
        while self._free and (waiter := self._next()):
            self._free -= 1
            waiter.set_result(None)

    def _next(self) -> "asyncio.Future[None] | None":
        for waiters in (self._interactive, self._bulk if self._free > self._reserved else deque()):
            while waiters:
                if not (waiter := waiters.popleft()).done():
                    return waiter
        return None


class Threads:
    """A pool of threads for blocking work; what does not fit in `capacity` (running and waiting) is refused."""

    def __init__(self, name: str, workers: int, capacity: int, yield_to_others: bool = False) -> None:
        """`yield_to_others`: at the lowest priority (on Linux), and so are threads that they start."""
        self._name = name
        self._pool = ThreadPoolExecutor(
            workers, thread_name_prefix=name, initializer=_yield_to_others if yield_to_others else None
        )
        self._permits = BoundedSemaphore(capacity)

    async def run(self, deadline: Deadline, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`function(*args)` in a thread. Work that waited past its deadline, or whose caller left, never starts.

        Raises: OverloadedError, DeadlineExceededError, and what the function raises.
        """
        return await within(deadline, asyncio.wrap_future(self.submit(deadline, function, *args, **kwargs)))

    def submit(self, deadline: Deadline, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """The same without waiting for it: whoever gives up must cancel the future. Raises OverloadedError."""
        if not self._permits.acquire(blocking=False):
            raise OverloadedError(f"too much {self._name} work is waiting: try again in a second")

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


def _yield_to_others() -> None:
    """For this thread, which Linux knows by a number of its own, not for the process."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LOWEST)
