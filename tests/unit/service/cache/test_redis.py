"""A Redis that fails costs vectors, never answers, and not a timeout for each request."""

import signal
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from prometheus_client import Counter
from redis.asyncio import Redis

from service.cache.redis import RedisCache, connect
from service.metrics import Metrics
from tests.contracts.cache.conftest import TextCodec
from tests.fakes.clock import FakeClock
from tests.redis_server import RedisServer


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


@pytest_asyncio.fixture
async def client(server: RedisServer) -> AsyncIterator["Redis"]:
    client = connect(server.url, 5.0)
    yield client
    await client.aclose()


class Bench:
    def __init__(self, client: "Redis") -> None:
        self.metrics, self.clock = Metrics(), FakeClock()
        self.cache: RedisCache[str] = RedisCache(
            client, TextCodec(), "test", 60, "p", self.metrics.cache_lookups, self.metrics.cache_errors, 5, self.clock
        )

    def errors(self) -> float:
        return total(self.metrics.cache_errors)


def total(counter: Counter) -> float:
    return sum(one.value for family in counter.collect() for one in family.samples if one.name.endswith("_total"))


async def test_a_dead_redis_is_a_miss_then_left_alone_then_tried_again(server: RedisServer, client: "Redis") -> None:
    bench = Bench(client)
    await bench.cache.put("a", "value", 5)
    server.stop(signal.SIGKILL)
    assert [await bench.cache.get("a") for _ in range(10)] == [None] * 10
    assert bench.errors() == 3
    await bench.cache.put("a", "value", 5)
    assert bench.errors() == 3
    bench.clock.advance(5)
    assert [await bench.cache.get("a") for _ in range(10)] == [None] * 10
    assert bench.errors() == 4  # one went ahead and looked
    server.start()
    bench.clock.advance(5)
    await bench.cache.put("a", "again", 5)
    assert await bench.cache.get("a") == "again"


async def test_a_redis_that_does_not_answer_costs_no_more_than_its_timeout(server: RedisServer) -> None:
    client = connect(server.url, 0.02)
    bench = Bench(client)
    await bench.cache.put("a", "value", 5)
    assert server._process is not None
    server._process.send_signal(signal.SIGSTOP)
    try:
        assert [await bench.cache.get("a") for _ in range(5)] == [None] * 5
        assert bench.errors() == 3
    finally:
        server._process.send_signal(signal.SIGCONT)
        await client.aclose()


async def test_a_full_redis_is_still_read(client: "Redis") -> None:
    bench = Bench(client)
    await bench.cache.put("a", "value", 5)
    await client.config_set("maxmemory", "1")
    for _ in range(5):
        await bench.cache.put("b", "value", 5)
    assert (await bench.cache.get("a"), bench.errors()) == ("value", 5)


async def test_a_value_of_another_release_is_a_miss(client: "Redis") -> None:
    bench = Bench(client)
    await client.set("p:cache:test:a", b"2value")
    assert await bench.cache.get("a") is None
    assert (
        bench.metrics.registry.get_sample_value(
            "lookalike_cache_errors_total", {"cache": "test", "reason": "unreadable"}
        )
        == 1
    )


async def test_a_value_too_large_is_not_sent(client: "Redis") -> None:
    bench = Bench(client)
    await bench.cache.put("a", "x" * 4_000_001, 5)
    assert await bench.cache.get("a") is None


async def test_look_ups_are_counted(client: "Redis") -> None:
    bench = Bench(client)
    await bench.cache.put("a", "1", 1)
    await bench.cache.get_many(["a", "b", "c"])
    value = bench.metrics.registry.get_sample_value
    assert value("lookalike_cache_lookups_total", {"cache": "test", "result": "hit"}) == 1
    assert value("lookalike_cache_lookups_total", {"cache": "test", "result": "miss"}) == 2
