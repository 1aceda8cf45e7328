"""Chooses the caches by the settings: in this process, or in a Redis that several gateways share."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from service.cache import Cache, MemoryCache, UnreadableValueError
from service.errors import ServiceError
from service.metrics import Metrics
from service.pipeline.query_codec import QueryStateCodec
from service.pipeline.recipe import QueryState
from service.queue import Encoded
from service.queue.codec import decode_answer, encode_answer
from service.settings import Settings

_TIMEOUT_S = 0.05
"""Of one step of a command: a cache that is slower than the encoder is none."""


@dataclass(frozen=True)
class Caches:
    """`close` ends what they are connected to."""

    vectors: Cache[Encoded]
    queries: Cache[QueryState]
    close: Callable[[], Awaitable[None]]


class EncodedCodec:
    """Adapter of `Codec`: vectors as the encode queue writes its answers."""

    def encode(self, value: Encoded) -> bytes:
        return encode_answer(value)

    def decode(self, data: bytes) -> Encoded:
        try:
            answer = decode_answer(data)
        except ServiceError as exc:
            raise UnreadableValueError(str(exc)) from exc
        if not isinstance(answer, Encoded):
            raise UnreadableValueError("an error in the place of a vector")
        return answer


def open_caches(settings: Settings, metrics: Metrics) -> Caches:
    return _shared(settings, metrics) if settings.cache == "redis" else _own(settings, metrics)


def _own(settings: Settings, metrics: Metrics) -> Caches:
    vectors: MemoryCache[Encoded] = MemoryCache(
        settings.vector_cache_entries,
        settings.vector_cache_bytes,
        settings.vector_cache_ttl_s,
        metrics.cache_lookups,
        "vectors",
    )
    queries: MemoryCache[QueryState] = MemoryCache(
        settings.query_state_entries,
        settings.query_state_bytes,
        settings.query_state_ttl_s,
        metrics.cache_lookups,
        "queries",
    )
    return Caches(vectors, queries, _nothing)


def _shared(settings: Settings, metrics: Metrics) -> Caches:
    from service.cache.redis import RedisCache, connect  # noqa: PLC0415 - only where it is chosen

    client = connect(settings.redis_url, _TIMEOUT_S)
    shared = (settings.redis_prefix, metrics.cache_lookups, metrics.cache_errors)
    vectors = RedisCache(client, EncodedCodec(), "vectors", settings.vector_cache_ttl_s, *shared)
    queries = RedisCache(client, QueryStateCodec(), "queries", settings.query_state_ttl_s, *shared)
    return Caches(vectors, queries, client.aclose)


async def _nothing() -> None:
    """A cache in memory needs no end."""
