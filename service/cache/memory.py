"""The cache inside this process: least recently used goes first, bounded by entries and bytes."""

import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import Generic

from prometheus_client import Counter

from service.cache.port import V
from service.types import Clock


class MemoryCache(Generic[V]):
    """Adapter of `Cache`. Owned by one event loop, so that it needs no lock."""

    def __init__(
        self,
        max_entries: int,
        max_bytes: int,
        ttl_s: float,
        lookups: Counter | None = None,
        name: str = "",
        clock: Clock = time.monotonic,
    ) -> None:
        """`lookups` counts by `name` and result, where it is given."""
        self._max_entries, self._max_bytes, self._ttl_s = max_entries, max_bytes, ttl_s
        self._lookups, self._name, self._clock = lookups, name, clock
        self._entries: OrderedDict[str, tuple[V, int, float]] = OrderedDict()
        self._bytes = 0

    async def get(self, key: str) -> V | None:
        entry = self._entries.get(key)
        if entry is not None and self._clock() >= entry[2]:
            self._forget(key)
            entry = None
        if self._lookups is not None:
            self._lookups.labels(self._name, "miss" if entry is None else "hit").inc()
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return entry[0]

    async def get_many(self, keys: Sequence[str]) -> list[V | None]:
        return [await self.get(key) for key in keys]

    async def put(self, key: str, value: V, size_bytes: int) -> None:
        if key in self._entries:
            self._forget(key)
        if size_bytes > self._max_bytes:
            return
        self._entries[key] = (value, size_bytes, self._clock() + self._ttl_s)
        self._bytes += size_bytes
        while len(self._entries) > self._max_entries or self._bytes > self._max_bytes:
            self._forget(next(iter(self._entries)))

    def _forget(self, key: str) -> None:
        self._bytes -= self._entries.pop(key)[1]
