"""Hubness correction in a search: which searches, what order, what the scores stay, and how a request leaves it out."""

import numpy as np
import pytest

from index.types import SearchParameters
from service.types import (
    Boost,
    ImageQuery,
    PictureBytes,
    Refinement,
    SearchResult,
    Term,
    TermsQuery,
    TextQuery,
    VectorQuery,
)
from tests.fakes.pictures import picture
from tests.fakes.tiny_bundle import COLOURS
from tests.integration.pipeline.conftest import Shop, colour_item, soon

RED = TextQuery("red")
EXPLAIN = frozenset({"explain"})
OFF = SearchParameters(hubness=False)


async def correct(shop: Shop, alpha: float = 0.9) -> None:
    """A bank of reds: the red item is near to all of its queries."""
    collection = shop.application.store.open(shop.name)
    vectors = (await shop.application.embeddings.embed(None, ["red", "red shoe", "red bag"], soon())).vectors
    collection.correct_hubness("image", np.asarray(vectors, dtype=np.float32), 2, alpha)


def told(result: SearchResult) -> list[tuple[str, float, float]]:
    return [(hit.id, hit.score, hit.cosine) for hit in result.hits]


async def test_the_order_is_by_cosine_less_bias_and_the_scores_stay(shop: Shop) -> None:
    before = await shop.search(RED)
    await correct(shop)
    after = await shop.search(RED, include=EXPLAIN)
    assert [hit.id for hit in after.hits] != [hit.id for hit in before.hits]
    assert sorted(told(after)) == sorted(told(before))
    corrected = [hit.cosine - hit.explain["bias.hubness"] for hit in after.hits if hit.explain]  # type: ignore[operator]
    assert len(corrected) == 8 and corrected == sorted(corrected, reverse=True)
    assert sum(hit.explain["bias.hubness"] for hit in after.hits if hit.explain) == pytest.approx(0, abs=1e-4)  # type: ignore[misc]


async def test_a_request_leaves_it_out_and_so_does_the_collection_once_it_is_off(shop: Shop) -> None:
    before = told(await shop.search(RED))
    await correct(shop)
    without = await shop.search(RED, params=OFF, include=EXPLAIN)
    assert told(without) == before
    assert all(hit.explain is not None and "bias.hubness" not in hit.explain for hit in without.hits)
    assert told(await shop.search(RED)) != before
    shop.application.store.open(shop.name).forget_hubness("image")
    assert told(await shop.search(RED)) == before


async def test_only_one_text_against_pictures_is_corrected(shop: Shop) -> None:
    queries = [
        (ImageQuery(PictureBytes(picture(COLOURS["red"]))), {}),
        (RED, {"field": "product"}),
        (TermsQuery((Term("red"), Term("blue"))), {}),
        (VectorQuery(np.ones(16, dtype=np.float32)), {}),
    ]
    before = [told(await shop.search(query, **options)) for query, options in queries]
    await correct(shop)
    assert [told(await shop.search(query, **options)) for query, options in queries] == before


async def test_an_item_beyond_the_page_can_come_in(shop: Shop) -> None:
    """Without more candidates than the page asks for, the correction could only reorder the page."""
    await correct(shop, alpha=5.0)
    whole = await shop.ids(RED)
    assert await shop.ids(RED, limit=1) == whole[:1]
    assert whole[0] != (await shop.ids(RED, limit=1, params=OFF))[0]
    pages = [await shop.ids(RED, limit=3, offset=offset) for offset in (0, 3, 6)]
    assert [one for page in pages for one in page] == whole


async def test_it_goes_with_boosts_groups_variety_and_refinement(shop: Shop) -> None:
    await correct(shop)
    best = (await shop.ids(RED))[0]
    assert (await shop.ids(RED, group_by="kind"))[0] == best
    assert (await shop.ids(RED, diversity=0.3))[0] == best
    assert (await shop.ids(RED, boost=(Boost("price", 1e-9),)))[0] == best
    result = await shop.search(RED)
    again = await shop.application.searcher.refine(shop.name, Refinement(result.query_id, limit=1), soon())
    assert again.hits[0].id == best


async def test_the_vector_part_of_a_hybrid_search_is_corrected(shop: Shop) -> None:
    await shop.put(colour_item("blue", text="red lamp"))
    plain = (await shop.search(RED, hybrid=0.5, include=EXPLAIN)).hits
    await correct(shop)
    hits = (await shop.search(RED, hybrid=0.5, include=EXPLAIN)).hits
    assert {hit.id for hit in hits} == {hit.id for hit in plain}
    corrected = {hit.id: hit.cosine - hit.explain["bias.hubness"] for hit in hits if hit.explain}  # type: ignore[operator]
    low, high = min(corrected.values()), max(corrected.values())
    parts = {hit.id: hit.explain["hybrid.vector"] for hit in hits if hit.explain}
    assert parts == pytest.approx({id_: (one - low) / (high - low) for id_, one in corrected.items()}, abs=1e-5)
    assert parts != {hit.id: hit.explain["hybrid.vector"] for hit in plain if hit.explain}


async def test_a_new_item_is_judged_as_the_old_ones_are(shop: Shop) -> None:
    await correct(shop)
    await shop.put(colour_item("red", id="red again"))
    biases = {
        hit.id: hit.explain["bias.hubness"]
        for hit in (await shop.search(RED, include=EXPLAIN)).hits
        if hit.explain is not None
    }
    assert biases["red again"] == pytest.approx(biases["red"], abs=2e-3)  # type: ignore[arg-type]
