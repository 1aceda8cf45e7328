"""The cache in memory: its bounds."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.cache import Cache, MemoryCache
from service.metrics import Metrics
from tests.fakes.clock import FakeClock

CLOCK = FakeClock()
MakeCache = Callable[..., Cache[str]]


@pytest.fixture
def make_cache() -> MakeCache:
    def make(entries: int = 10, size: int = 1000, ttl_s: float = 60) -> Cache[str]:
        return MemoryCache(entries, size, ttl_s, clock=CLOCK)

    return make


async def test_the_least_recently_used_goes_first(make_cache: MakeCache) -> None:
    cache = make_cache(entries=2)
    await cache.put("a", "1", 1)
    await cache.put("b", "2", 1)
    await cache.get("a")
    await cache.put("c", "3", 1)
    assert [await cache.get(key) for key in "abc"] == ["1", None, "3"]


async def test_bytes_are_bounded_too(make_cache: MakeCache) -> None:
    cache = make_cache(size=10)
    await cache.put("a", "1", 6)
    await cache.put("b", "2", 6)
    assert [await cache.get(key) for key in "ab"] == [None, "2"]


async def test_what_is_larger_than_the_cache_is_not_kept_and_evicts_nothing(make_cache: MakeCache) -> None:
    cache = make_cache(size=10)
    await cache.put("a", "1", 6)
    await cache.put("b", "2", 11)
    assert [await cache.get(key) for key in "ab"] == ["1", None]


async def test_a_value_too_large_replaces_the_old_one_by_nothing(make_cache: MakeCache) -> None:
    cache = make_cache(size=10)
    await cache.put("a", "old", 6)
    await cache.put("a", "new", 11)
    assert await cache.get("a") is None


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 12)), max_size=40))
async def test_bounds_hold_whatever_comes(puts: list[tuple[str, int]]) -> None:
    cache: MemoryCache[int] = MemoryCache(3, 20, 60, clock=CLOCK)
    last: dict[str, int] = {}
    for key, size in puts:
        await cache.put(key, size, size)
        last[key] = size
    kept = {key: value for key in "abcdef" if (value := await cache.get(key)) is not None}
    assert len(kept) <= 3
    assert sum(kept.values()) <= 20
    assert all(last[key] == value for key, value in kept.items())


async def test_look_ups_are_counted() -> None:
    metrics = Metrics()
    cache: MemoryCache[str] = MemoryCache(3, 20, 60, metrics.cache_lookups, "test", CLOCK)
    await cache.put("a", "1", 1)
    await cache.get("a")
    await cache.get("b")
    text = metrics.exposition().decode()
    assert 'lookalike_cache_lookups_total{cache="test",result="hit"} 1.0' in text
    assert 'lookalike_cache_lookups_total{cache="test",result="miss"} 1.0' in text
