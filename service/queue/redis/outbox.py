"""One task sends what many want to send: whatever waits goes to Redis in one pipeline. Bounded."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from redis.asyncio import Redis
from redis.exceptions import RedisError

from service.errors import OverloadedError

Argument: TypeAlias = str | bytes | int
_AT_ONCE = 32
"""Scripts of one pipeline: answers come back when all have run, so that many at once would wait for each other."""


@dataclass(frozen=True, eq=False)
class _Letter:
    script: str
    keys: Sequence[str]
    arguments: Sequence[Argument]
    result: "asyncio.Future[Any]"


class Outbox:
    """`run` is the owner of the connection; everybody else calls `send`."""

    def __init__(self, client: "Redis", capacity: int) -> None:
        self._client = client
        self._capacity = capacity
        self._letters: deque[_Letter] = deque()
        self._arrived = asyncio.Event()

    def send(self, script: str, keys: Sequence[str], arguments: Sequence[Argument]) -> "asyncio.Future[Any]":
        """The result of the script, later; its future raises redis-py's errors. What is cancelled in time is not sent.

        Raises: OverloadedError when too much waits to be sent.
        """
        if len(self._letters) >= self._capacity:
            raise OverloadedError(f"{len(self._letters)} inputs wait to be sent to the workers: try again later")
        letter = _Letter(script, keys, arguments, asyncio.get_running_loop().create_future())
        self._letters.append(letter)
        self._arrived.set()
        return letter.result

    async def run(self) -> None:
        """Until cancelled. An error of the connection goes to all whose results are not known."""
        while True:
            await self._arrived.wait()
            batch = [self._letters.popleft() for _ in range(min(_AT_ONCE, len(self._letters)))]
            if not self._letters:
                self._arrived.clear()
            await self._deliver([letter for letter in batch if not letter.result.done()])

    async def _deliver(self, letters: Sequence[_Letter]) -> None:
        if not letters:
            return
        try:
            results = await self._sent(letters)
        except (RedisError, OSError) as exc:
            results = [exc] * len(letters)
        except asyncio.CancelledError:
            for letter in letters:
                letter.result.cancel()
            raise
        for letter, result in zip(letters, results, strict=True):
            _resolve(letter.result, result)

    async def _sent(self, letters: Sequence[_Letter]) -> list[Any]:
        pipeline = self._client.pipeline(transaction=False)
        for letter in letters:
            pipeline.eval(letter.script, len(letter.keys), *letter.keys, *letter.arguments)
        found: list[Any] = await pipeline.execute(raise_on_error=False)
        return found


def _resolve(future: "asyncio.Future[Any]", result: Any) -> None:
    if future.done():
        return
    if isinstance(result, BaseException):
        future.set_exception(result)
    else:
        future.set_result(result)
