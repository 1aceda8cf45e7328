"""The values of the caches survive the way to Redis and back."""

import numpy as np
import pytest

from index.types import Filter, GeoPoint, GeoRadius, HasId, Match, MatchText, Range, SearchParameters
from models.errors import TextError
from service.cache import MemoryCache, UnreadableValueError
from service.cache.redis import RedisCache
from service.caches import EncodedCodec, open_caches
from service.metrics import Metrics
from service.pipeline.query_codec import QueryStateCodec
from service.pipeline.recipe import Part, QueryState, Recipe
from service.queue import Encoded
from service.queue.codec import encode_answer
from service.settings import Settings
from service.types import Boost, Notice, SearchOptions

VECTOR = np.asarray([0.6, -0.8, 1e-30], dtype=np.float32)
STATE = QueryState(
    "shoes",
    "tiny/1",
    Recipe(
        "composed", "image", "pdv", (Part("image", VECTOR), Part("größe", -VECTOR, 0.5)), 1.4, None, ("sku/1",), "red"
    ),
    SearchOptions(
        limit=5,
        field="product",
        filter=Filter(
            must=(Match("brand", ("acme", 3, True, 1.5)), Range("price", gte=1.0), HasId(("a", "b"))),
            must_not=(
                Filter(should=(Match("tags", ()), MatchText("red"))),
                GeoRadius("shop", GeoPoint(52.5, 13.4), 5.0),
            ),
        ),
        boost=(Boost("popularity", 0.1),),
        params=SearchParameters(exact=True),
        include=frozenset({"vector", "attributes"}),
    ),
    (Notice("text_truncated", "cut"),),
)


def test_a_query_comes_back_as_it_was() -> None:
    back = QueryStateCodec().decode(QueryStateCodec().encode(STATE))
    for part, original in zip(back.recipe.parts, STATE.recipe.parts, strict=True):
        assert (part.name, part.weight) == (original.name, original.weight)
        assert part.vector.dtype == np.float32 and (part.vector == original.vector).all()
    assert (back.collection, back.space_id, back.options, back.warnings) == (
        STATE.collection, STATE.space_id, STATE.options, STATE.warnings,
    )  # fmt: skip
    assert (back.recipe.kind, back.recipe.alpha, back.recipe.beta, back.recipe.excluded, back.recipe.words) == (
        "composed", 1.4, None, ("sku/1",), "red",
    )  # fmt: skip


GOOD = QueryStateCodec().encode(STATE)


@pytest.mark.parametrize(
    "data", [b"", b"\x01" + GOOD[1:], GOOD[:-1], b"\x02\xa1x", b"\x02\x91\xa7Session", b"\x02\x92\xa5Match\xa1a"]
)
def test_a_damaged_query_is_unreadable(data: bytes) -> None:
    with pytest.raises(UnreadableValueError):
        QueryStateCodec().decode(data)


def test_a_vector_comes_back_bit_for_bit() -> None:
    back = EncodedCodec().decode(EncodedCodec().encode(Encoded(VECTOR, 7, True)))
    assert (back.vector == VECTOR).all() and back.vector.dtype == np.float32
    assert (back.token_count, back.is_truncated) == (7, True)


@pytest.mark.parametrize("data", [b"", b"\x99", encode_answer(TextError("empty"))])
def test_what_is_no_vector_is_unreadable(data: bytes) -> None:
    with pytest.raises(UnreadableValueError):
        EncodedCodec().decode(data)


async def test_the_settings_choose_the_cache(redis_url: str) -> None:
    own = open_caches(Settings(), Metrics())
    assert isinstance(own.vectors, MemoryCache) and isinstance(own.queries, MemoryCache)
    shared = open_caches(Settings(cache="redis", redis_url=redis_url, redis_prefix="test-caches"), Metrics())
    assert isinstance(shared.vectors, RedisCache) and isinstance(shared.queries, RedisCache)
    await shared.vectors.put("a", Encoded(VECTOR), 12)
    await shared.queries.put("a", STATE, 12)
    found, query = await shared.vectors.get("a"), await shared.queries.get("a")
    assert found is not None and (found.vector == VECTOR).all()
    assert query is not None and query.options == STATE.options
    await shared.close()
