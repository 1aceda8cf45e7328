"""The same query with other weights, without an encoder."""

import pytest

from index.types import Filter, Match
from models.errors import CompositionError
from service.errors import QueryExpiredError, RefinementError
from service.types import (
    CollectionOptions,
    ComposeQuery,
    ImageQuery,
    PictureBytes,
    PictureOfItem,
    Refinement,
    SearchResult,
    Term,
    TermsQuery,
    TextQuery,
)
from tests.fakes.pictures import picture
from tests.fakes.tiny_bundle import COLOURS
from tests.integration.pipeline.conftest import MakeApplication, Shop, colour_item, soon

COMPOSED = ComposeQuery(
    PictureBytes(picture(COLOURS["red"])), "blue", base_text="red", target_text="blue", alpha=0.0, beta=0.0
)


async def refine(shop: Shop, result: SearchResult, **changes: object) -> SearchResult:
    refinement = Refinement(result.query_id, **changes)  # type: ignore[arg-type]
    return await shop.application.searcher.refine("shop", refinement, soon())


async def test_alpha_and_beta_change_the_hits_and_nothing_is_encoded(shop: Shop) -> None:
    first = await shop.search(COMPOSED)
    assert first.hits[0].id == "red"
    refined = await refine(shop, first, alpha=1.0, beta=1.0)
    assert refined.hits[0].id == "blue"
    assert (refined.took_ms.decode, refined.took_ms.embed) == (0, 0)
    again = await shop.search(ComposeQuery(COMPOSED.image, "blue", "red", "blue", alpha=1.0, beta=1.0))
    assert [(hit.id, hit.cosine) for hit in again.hits] == [(hit.id, hit.cosine) for hit in refined.hits]


async def test_a_refined_query_can_be_refined_again_and_keeps_the_rest(shop: Shop) -> None:
    first = await shop.search(COMPOSED)
    second = await refine(shop, first, alpha=1.0, filter=Filter(must=(Match("kind", ("bright",)),)), limit=3)
    third = await refine(shop, second, beta=1.0)
    assert len(third.hits) == 3
    assert third.hits[0].id == "blue"
    assert len({first.query_id, second.query_id, third.query_id}) == 3
    assert (await refine(shop, first)).hits == first.hits


async def test_weights_of_terms_can_be_changed(shop: Shop) -> None:
    first = await shop.search(TermsQuery([Term("red"), Term("blue", 0.1)]))
    assert first.hits[0].id == "red"
    assert (await refine(shop, first, weights=[0.1, 1.0])).hits[0].id == "blue"
    with pytest.raises(RefinementError, match=r"2 weights \(term 0, term 1\); 3"):
        await refine(shop, first, weights=[1, 2, 3])
    with pytest.raises(CompositionError):
        await refine(shop, first, weights=[0, 0])


async def test_the_weights_of_a_sum_can_be_changed(shop: Shop) -> None:
    first = await shop.search(ComposeQuery(COMPOSED.image, "blue", method="sum", alpha=0.0))
    assert first.hits[0].id == "red"
    assert (await refine(shop, first, weights=[0.0, 1.0])).hits[0].id == "blue"


@pytest.mark.parametrize("changes", [{"alpha": 1.0}, {"beta": 0.5}, {"weights": [1.0]}])
async def test_a_query_without_weights_has_none_to_change(shop: Shop, changes: dict[str, object]) -> None:
    first = await shop.search(TextQuery("red"))
    with pytest.raises(RefinementError):
        await refine(shop, first, **changes)


async def test_excluded_items_stay_excluded(shop: Shop) -> None:
    first = await shop.search(ImageQuery(PictureOfItem("red")))
    assert "red" not in [hit.id for hit in (await refine(shop, first, limit=100)).hits]


async def test_an_unknown_query_and_one_of_another_collection_are_gone(shop: Shop) -> None:
    first = await shop.search(TextQuery("red"))
    await shop.application.collections.create("other", CollectionOptions(), soon())
    for collection, query_id in (("shop", "nonsense"), ("other", first.query_id)):
        with pytest.raises(QueryExpiredError, match="send the search again"):
            await shop.application.searcher.refine(collection, Refinement(query_id), soon())


async def test_an_old_query_expires(make_application: MakeApplication) -> None:
    application = make_application(query_state_entries=1)
    await application.collections.create("shop", CollectionOptions(), soon())
    shop = Shop(application)
    await shop.put(colour_item("red"))
    first = await shop.search(TextQuery("red"))
    await shop.search(TextQuery("blue"))
    with pytest.raises(QueryExpiredError):
        await refine(shop, first)
