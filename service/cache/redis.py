"""The cache between processes: Redis, which may be slow, full or away at any time. Fails open.

A failing command is a miss, counted. After a few failures in a row Redis is left alone for some seconds, so that a
dead one does not cost every request a timeout. Imported only where it is chosen.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from prometheus_client import Counter
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from service.cache.port import Codec, UnreadableValueError, V
from service.types import Clock

T = TypeVar("T")
_FAILURES = 3
_CONNECTIONS = 16
_LARGEST_VALUE_BYTES = 4_000_000


def connect(url: str, timeout_s: float) -> "Redis":
    """A client of which each step (connect, send, receive) takes at most `timeout_s`, and that never retries."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=_CONNECTIONS,
        timeout=timeout_s,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=Retry(NoBackoff(), 0),
    )
    return Redis.from_pool(pool)


class RedisCache(Generic[V]):
    """Adapter of `Cache`. Redis itself bounds the memory (`maxmemory`, docs/operations.md) and forgets by time."""

    def __init__(
        self,
        client: "Redis",
        codec: Codec[V],
        name: str,
        ttl_s: float,
        prefix: str = "lookalike",
        lookups: Counter | None = None,
        errors: Counter | None = None,
        pause_s: float = 5.0,
        clock: Clock = time.monotonic,
    ) -> None:
        """`prefix` and `name` set its keys apart; `pause_s`: for how long a failing Redis is left alone."""
        self._client, self._codec, self._name, self._prefix = client, codec, name, f"{prefix}:cache:{name}:"
        self._ttl_ms = max(1, round(ttl_s * 1000))
        self._lookups, self._errors = lookups, errors
        self._pause_s, self._clock = pause_s, clock
        self._failures = 0
        self._left_alone_until = float("-inf")

    async def get(self, key: str) -> V | None:
        return (await self.get_many([key]))[0]

    async def get_many(self, keys: Sequence[str]) -> list[V | None]:
        if not keys:
            return []
        names = [self._key(key) for key in keys]
        raw = await self._try(lambda: self._client.mget(names))
        found = [None if raw is None else self._read(raw[n]) for n in range(len(keys))]
        if self._lookups is not None:
            for value in found:
                self._lookups.labels(self._name, "miss" if value is None else "hit").inc()
        return found

    async def put(self, key: str, value: V, size_bytes: int) -> None:
        data = self._codec.encode(value)
        if len(data) <= _LARGEST_VALUE_BYTES:
            await self._try(lambda: self._client.set(self._key(key), data, px=self._ttl_ms))

    def _key(self, key: str) -> str:
        return self._prefix + key

    async def _try(self, command: Callable[[], Awaitable[T]]) -> T | None:
        """None while Redis is left alone, and for every error."""
        if self._clock() < self._left_alone_until:
            return None
        if self._failures >= _FAILURES:  # one goes ahead to look whether it is back, the others wait for its result
            self._left_alone_until = self._clock() + self._pause_s
        try:
            result = await command()
        except (RedisError, OSError) as exc:
            self._count(type(exc).__name__)
            self._failures += 0 if isinstance(exc, ResponseError) else 1  # it answers, though it would not do this
            if self._failures >= _FAILURES:
                self._left_alone_until = self._clock() + self._pause_s
            return None
        self._failures, self._left_alone_until = 0, float("-inf")
        return result

    def _read(self, data: object) -> V | None:
        """A value of another release is a miss."""
        try:
            return self._codec.decode(data) if isinstance(data, bytes) else None
        except UnreadableValueError:
            self._count("unreadable")
            return None

    def _count(self, reason: str) -> None:
        if self._errors is not None:
            self._errors.labels(self._name, reason).inc()
