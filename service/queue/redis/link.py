"""The connection to Redis: how it is made, which errors say that it is away, and how long that is borne.

redis-py's own retries are off: what may be sent twice is decided by who sends it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar, cast

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import DecorrelatedJitterBackoff, NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError
from redis.exceptions import TimeoutError as RedisTimeoutError

from service.errors import QueueAwayError
from service.types import Clock

AWAY = (RedisConnectionError, RedisTimeoutError, ReadOnlyError, OSError)
"""Not there, not answering, still loading its data, or no longer the one to write to."""

BLOCK_MS = 2000
"""How long one blocking read waits; not a delay: an entry ends it at once."""
_CONNECT_S = 2.0
_ANSWER_S = 5.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.02, 0.25
T = TypeVar("T")


def connect(url: str) -> "Redis":
    """A client that connects when it is first used, and again after an error."""
    return Redis.from_url(
        url,
        protocol=2,
        socket_timeout=BLOCK_MS / 1000.0 + _ANSWER_S,
        socket_connect_timeout=_CONNECT_S,
        socket_read_size=262_144,
        retry=Retry(NoBackoff(), 0),
    )


class Link:
    """Whether Redis answers, as all connections of this process see it."""

    def __init__(self, patience_s: float, clock: Clock = time.monotonic) -> None:
        self._patience_s = patience_s
        self._clock = clock
        self._down_since: float | None = None

    @property
    def is_up(self) -> bool:
        return self._down_since is None

    @property
    def is_given_up(self) -> bool:
        """Away for longer than the patience: refuse at once, until it is back."""
        return self._down_since is not None and self._clock() - self._down_since >= self._patience_s

    def came_back(self) -> None:
        self._down_since = None

    def went_away(self) -> None:
        if self._down_since is None:
            self._down_since = self._clock()

    async def retried(self, call: Callable[[], Awaitable[T]], on_failure: Callable[[], None] | None = None) -> T:
        """`call` until Redis answers it, with growing pauses; bound it by a deadline.

        Each failure calls `on_failure`; without one, QueueAwayError is raised when patience ends.
        Raises what `call` raises otherwise.
        """

        async def failed(_: Exception) -> None:
            self.went_away()
            (on_failure or self.check)()

        # Not the exponential backoff: it raises OverflowError after 1,024 failures (redis-py 8.1).
        backoff = DecorrelatedJitterBackoff(cap=_LONGEST_PAUSE_S, base=_FIRST_PAUSE_S)
        result = await Retry(backoff, -1, cast(Any, AWAY)).call_with_retry(call, failed)
        self.came_back()
        return result

    def check(self) -> None:
        """Raises QueueAwayError once patience has ended."""
        if self.is_given_up:
            raise away()


async def end(tasks: Sequence["asyncio.Task[None]"]) -> None:
    """Cancel until all are done: now and then redis-py 8.1 swallows a cancellation that meets its own timeouts."""
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=_LONGEST_PAUSE_S)


def away() -> QueueAwayError:
    return QueueAwayError("the queue (Redis) does not answer at the moment: try again in a second", 1)
