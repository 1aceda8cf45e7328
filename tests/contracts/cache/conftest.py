"""One kit for each adapter: a way to make caches, and a way to let time pass for them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from itertools import count

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from service.cache import Cache, MemoryCache, UnreadableValueError
from service.cache.redis import RedisCache, connect
from tests.fakes.clock import FakeClock

_prefixes = count()


class TextCodec:
    """Adapter of `Codec` for the tests."""

    def encode(self, value: str) -> bytes:
        return b"1" + value.encode()

    def decode(self, data: bytes) -> str:
        if data[:1] != b"1":
            raise UnreadableValueError("another version")
        return data[1:].decode()


@dataclass(frozen=True)
class Kit:
    make: Callable[..., Cache[str]]
    pass_time: Callable[[float], Awaitable[None]]


@pytest_asyncio.fixture(params=["memory", "redis"])
async def kit(request: pytest.FixtureRequest) -> AsyncIterator[Kit]:
    if request.param == "memory":
        clock = FakeClock()

        async def advance(seconds: float) -> None:
            clock.advance(seconds)

        yield Kit(lambda ttl_s=60.0, entries=10, size=1000: MemoryCache(entries, size, ttl_s, clock=clock), advance)
        return
    client = connect(request.getfixturevalue("redis_url"), 5.0)
    prefix = f"test-cache-{next(_prefixes)}"

    async def age(seconds: float) -> None:
        await age_keys(client, prefix, seconds)

    yield Kit(lambda ttl_s=60.0: RedisCache(client, TextCodec(), "test", ttl_s, prefix), age)
    await client.aclose()


async def age_keys(client: "Redis", prefix: str, seconds: float) -> None:
    """What `seconds` of waiting would do to the times that the keys have left."""
    async for key in client.scan_iter(match=f"{prefix}:*"):
        left_ms = await client.pttl(key)
        assert left_ms > 0, "a key without an end would stay for ever"
        await client.pexpire(key, max(0, round(left_ms - seconds * 1000)))
