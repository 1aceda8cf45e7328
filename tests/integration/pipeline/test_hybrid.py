"""Words beside vectors: the share of the words, what explains it, and what it goes together with."""

import itertools

import pytest

from index.types import Filter, Match, MatchText
from service.errors import LimitExceededError, QueryInvalidError
from service.types import (
    Boost,
    ComposeQuery,
    ImageQuery,
    ItemInput,
    PictureBytes,
    PictureOfItem,
    ProductQuery,
    Query,
    Refinement,
    Term,
    TermsQuery,
    TextQuery,
    VectorQuery,
)
from tests.fakes.pictures import picture
from tests.fakes.tiny_bundle import COLOURS
from tests.integration.pipeline.conftest import Shop, colour_item, soon

RED, EXPLAIN = TextQuery("red"), frozenset({"explain"})


async def test_the_share_moves_the_order_from_the_vector_to_the_words(shop: Shop) -> None:
    await shop.put(colour_item("blue", text="red lamp"), colour_item("red", text="square"))
    assert await shop.ids(RED, limit=2) == await shop.ids(RED, limit=2, hybrid=0.0)
    assert (await shop.ids(RED, limit=1, hybrid=0.01)) == ["red"]
    assert (await shop.ids(RED, limit=1, hybrid=0.99)) == ["blue"]
    assert (await shop.ids(RED, limit=1, hybrid=1.0)) == ["blue"]


async def test_a_hit_is_explained_by_both_parts(shop: Shop) -> None:
    hits = (await shop.search(RED, hybrid=0.3, include=EXPLAIN)).hits
    ranks = []
    for hit in hits:
        assert hit.explain is not None
        share, vector, text = (hit.explain[f"hybrid.{part}"] for part in ("share", "vector", "text"))
        assert isinstance(share, float) and isinstance(vector, float) and isinstance(text, float)
        assert share == 0.3 and 0 <= vector <= 1 and 0 <= text <= 1
        assert (text == 0) == (hit.explain["bm25"] == 0) == (hit.id != "red")
        ranks.append((1 - share) * vector + share * text)
    assert ranks == sorted(ranks, reverse=True)
    assert ranks[0] == pytest.approx(1)
    plain = (await shop.search(RED, include=EXPLAIN)).hits[0]
    assert plain.explain is not None and "bm25" not in plain.explain
    assert {hit.id: hit.score for hit in hits} == pytest.approx({h.id: h.score for h in (await shop.search(RED)).hits})


async def test_pages_are_the_cuts_of_one_list(shop: Shop) -> None:
    await shop.put(*(ItemInput(f"x{n}", text="red " * n + "thing", image=picture((n, 250 - n, 9))) for n in range(30)))
    shape = {"hybrid": 0.5, "group_by": "kind", "boost": (Boost("price", 0.1),), "diversity": 0.2}
    for options in ({"hybrid": 0.5}, shape):
        whole = await shop.ids(RED, limit=30, **options)
        pages = [await shop.ids(RED, limit=7, offset=offset, **options) for offset in range(0, 30, 7)]
        assert list(itertools.chain(*pages))[:30] == whole
    with pytest.raises(LimitExceededError, match="hybrid"):
        await shop.search(RED, limit=10, offset=991, hybrid=0.5)


async def test_filters_hold_for_what_the_words_bring(shop: Shop) -> None:
    await shop.put(colour_item("blue", text="red lamp"))
    dark = Filter(must=(Match("kind", ("dark",)),))
    assert set(await shop.ids(RED, hybrid=1.0, filter=dark)) == {"black", "white"}
    lamps = Filter(must=(MatchText("lamp RED"),))
    assert await shop.ids(RED, hybrid=0.5, filter=lamps) == await shop.ids(RED, filter=lamps) == ["blue"]


@pytest.mark.parametrize(
    "query",
    [
        RED,
        ProductQuery(PictureBytes(picture(COLOURS["blue"])), "red"),
        ProductQuery(item="red"),
        ComposeQuery(PictureOfItem("blue"), "red", base_text="thing"),
        ComposeQuery(PictureOfItem("blue"), "other", base_text="thing", target_text="a red thing"),
        TermsQuery((Term("red"), Term("blue", -1.0), Term(PictureOfItem("green")))),
    ],
    ids=["text", "product", "item", "change", "target", "terms"],
)
async def test_each_query_with_words_ranks_by_them(shop: Shop, query: Query) -> None:
    await shop.put(ItemInput("words", text="red", image=picture(COLOURS["blue"])))
    assert (await shop.ids(query, hybrid=1.0))[0] == "words"


@pytest.mark.parametrize(
    "query",
    [
        ImageQuery(PictureBytes(picture(COLOURS["red"]))),
        VectorQuery([1.0] * 8),  # type: ignore[arg-type]
        TermsQuery((Term("red", -1.0), Term(PictureOfItem("red")))),
        TextQuery("?!"),
        ProductQuery(item="wordless"),
    ],
    ids=["image", "vector", "terms", "signs", "item"],
)
async def test_a_query_without_words_is_refused(shop: Shop, query: Query) -> None:
    await shop.put(ItemInput("wordless", image=picture(COLOURS["red"])))
    with pytest.raises(QueryInvalidError, match="hybrid"):
        await shop.search(query, hybrid=0.5)


async def test_a_refinement_keeps_the_words(shop: Shop) -> None:
    await shop.put(colour_item("blue", text="red lamp"))
    first = await shop.search(RED, hybrid=1.0)
    again = await shop.application.searcher.refine("shop", Refinement(first.query_id, limit=3), soon())
    assert [hit.id for hit in again.hits] == [hit.id for hit in first.hits][:3]
