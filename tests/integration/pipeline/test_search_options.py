"""Paging, thresholds, groups, variety, boosts, filters, explanations: what shapes a page of hits."""

import pytest

from index.errors import FilterError, SequenceTimeoutError
from index.types import Filter, Match, Range
from service.errors import AttributeUnknownError, DeadlineExceededError, LimitExceededError
from service.types import Boost, Deadline, ImageQuery, ItemInput, PictureBytes, SearchOptions, SearchRequest, TextQuery
from tests.fakes.pictures import picture
from tests.fakes.tiny_bundle import COLOURS
from tests.integration.pipeline.conftest import Shop, colour_item

RED = TextQuery("red")


async def test_pages_are_the_cuts_of_one_list(shop: Shop) -> None:
    whole = await shop.ids(RED, limit=8)
    pages = [await shop.ids(RED, limit=3, offset=offset) for offset in (0, 3, 6)]
    assert [len(page) for page in pages] == [3, 3, 2]
    assert [one for page in pages for one in page] == whole
    assert await shop.ids(RED, limit=3, offset=100) == []


async def test_pages_agree_with_groups_variety_and_boosts_too(shop: Shop) -> None:
    shape = {"diversity": 0.4, "boost": (Boost("price", 0.2),), "collapse_duplicates": True}
    whole = await shop.ids(RED, limit=8, **shape)
    pages = [await shop.ids(RED, limit=2, offset=offset, **shape) for offset in (0, 2, 4, 6)]
    assert [one for page in pages for one in page] == whole


@pytest.mark.parametrize(
    "shape",
    [
        {"boost": (Boost("price", 1.0),)},
        {"diversity": 0.6},
        {"diversity": 0.3, "boost": (Boost("price", 1.0),), "group_by": "kind"},
        {"group_by": "kind"},
    ],
    ids=["boost", "diversity", "all", "group"],
)
async def test_far_pages_rank_the_same_candidates_as_near_ones(shop: Shop, shape: dict[str, object]) -> None:
    """The dearest items are the farthest from the query: a pool that grows by the page would let them in late."""
    await shop.put(
        *(
            colour_item("red", id=f"{n}", image=picture((255 - n, n, 0)), attributes={"price": n, "kind": f"k{n // 2}"})
            for n in range(240)
        )
    )
    whole = await shop.ids(RED, limit=1000, **shape)
    pages = [await shop.ids(RED, limit=10, offset=offset, **shape) for offset in range(0, len(whole), 10)]
    assert len(whole) > 100
    assert [one for page in pages for one in page] == whole


@pytest.mark.parametrize(("limit", "offset"), [(0, 0), (1001, 0), (-1, 0), (10, -1), (10, 9_991)])
async def test_limits_out_of_range_are_refused(shop: Shop, limit: int, offset: int) -> None:
    with pytest.raises(LimitExceededError):
        await shop.search(RED, limit=limit, offset=offset)


async def test_what_compares_hits_with_each_other_reaches_less_far(shop: Shop) -> None:
    assert len(await shop.ids(RED, limit=1000, diversity=0.5)) == 8
    with pytest.raises(LimitExceededError, match="at most 1000"):
        await shop.search(RED, limit=1000, offset=1, group_by="kind")
    assert await shop.ids(RED, limit=1000, offset=1000) == []


async def test_the_threshold_applies_to_the_score(shop: Shop) -> None:
    everything = (await shop.search(RED)).hits
    threshold = everything[2].score
    kept = (await shop.search(RED, score_threshold=threshold)).hits
    assert [hit.id for hit in kept] == [hit.id for hit in everything if hit.score >= threshold]
    assert 0 < len(kept) < len(everything)
    assert await shop.ids(RED, score_threshold=1.01) == []


async def test_a_score_means_the_same_for_texts_and_pictures_though_cosines_differ(shop: Shop) -> None:
    by_text = (await shop.search(RED, limit=1, include=frozenset({"explain"}))).hits[0]
    by_picture = (
        await shop.search(ImageQuery(PictureBytes(picture(COLOURS["red"]))), include=frozenset({"explain"}))
    ).hits[0]
    assert by_text.explain is not None and by_text.explain["calibration"] == "text_image"
    assert by_picture.explain is not None and by_picture.explain["calibration"] == "image_image"


async def test_filters_bound_the_hits(shop: Shop) -> None:
    cheap = Filter(must=(Range("price", lt=3),), must_not=(Match("tags", ("green",)),))
    assert set(await shop.ids(RED, filter=cheap)) == {"red", "blue"}


async def test_a_filter_on_an_unknown_attribute_is_refused(shop: Shop) -> None:
    with pytest.raises(FilterError, match="size"):
        await shop.search(RED, filter=Filter(must=(Match("size", ("xl",)),)))


async def test_a_group_shows_its_best_only(shop: Shop) -> None:
    ids = await shop.ids(TextQuery("black"), group_by="kind")
    assert len(ids) == 2
    assert ids[0] == "black"


async def test_items_without_the_attribute_of_the_group_all_stay(shop: Shop) -> None:
    await shop.put(
        ItemInput("x", text="red shoe", image=picture((250, 0, 0))), ItemInput("y", image=picture((240, 0, 0)))
    )
    assert {"x", "y"} < set(await shop.ids(RED, group_by="kind"))


async def test_a_page_is_full_though_groups_swallow_most_candidates(shop: Shop) -> None:
    """150 copies of one product come before the others: the pool has to grow."""
    copies = [ItemInput(f"copy {n}", image=picture(COLOURS["red"]), attributes={"kind": "copy"}) for n in range(150)]
    await shop.put(*copies)
    ids = await shop.ids(RED, group_by="kind", limit=3)
    assert len(ids) == 3


async def test_near_duplicates_collapse_when_asked(shop: Shop) -> None:
    await shop.put(ItemInput("same", image=picture(COLOURS["red"], form="BMP")))
    assert {"red", "same"} <= set(await shop.ids(RED))
    assert len({"red", "same"} & set(await shop.ids(RED, collapse_duplicates=True))) == 1


async def test_diversity_brings_other_hits_forward(shop: Shop) -> None:
    await shop.put(*(ItemInput(f"red {n}", image=picture((255 - n, n, 0))) for n in range(5)))
    plain, diverse = await shop.ids(RED, limit=4), await shop.ids(RED, limit=4, diversity=0.7)
    assert plain[0] == diverse[0]
    assert sum(one.startswith("red") for one in plain) == 4
    assert sum(one.startswith("red") for one in diverse) < 4


async def test_a_boost_changes_the_order_but_not_the_score(shop: Shop) -> None:
    plain = {hit.id: hit.score for hit in (await shop.search(RED)).hits}
    boosted = await shop.search(RED, boost=(Boost("price", 10.0),), include=frozenset({"attributes", "explain"}))
    assert [hit.id for hit in boosted.hits] == list(reversed(COLOURS))
    assert {hit.id: hit.score for hit in boosted.hits} == pytest.approx(plain)
    assert boosted.hits[0].explain is not None
    assert boosted.hits[0].explain["boost.price"] == pytest.approx(10)


async def test_items_without_the_boosted_attribute_get_nothing(shop: Shop) -> None:
    await shop.put(ItemInput("plain", image=picture(COLOURS["red"])))
    assert (await shop.ids(RED, boost=(Boost("price", 10.0),)))[-1] in {"plain", "red"}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"boost": (Boost("size", 1.0),)}, "no attribute 'size'"),
        ({"boost": (Boost("kind", 1.0),)}, "'kind' is a keyword"),
        ({"group_by": "size"}, "no attribute 'size'"),
        ({"group_by": "tags"}, "'tags' is a keywords"),
    ],
)
async def test_attributes_that_do_not_fit_are_refused(shop: Shop, options: dict[str, object], says: str) -> None:
    with pytest.raises(AttributeUnknownError, match=says):
        await shop.search(RED, **options)


async def test_a_hit_shows_what_was_asked_for(shop: Shop) -> None:
    bare = (await shop.search(RED, include=frozenset())).hits[0]
    assert (bare.attributes, bare.vector, bare.explain) == ({}, None, None)
    assert (bare.text, bare.has_image) == ("red square", True)
    full = (await shop.search(RED, include=frozenset({"attributes", "vector", "explain"}))).hits[0]
    assert full.attributes["price"] == 0
    assert full.vector is not None and full.explain is not None
    assert full.explain["cosine.text"] == pytest.approx(full.cosine, abs=1e-3)


async def test_stages_are_measured(shop: Shop) -> None:
    took = (await shop.search(ImageQuery(PictureBytes(picture((9, 9, 9)))))).took_ms
    assert min(took.decode, took.embed, took.search, took.rank) > 0
    assert b'lookalike_stage_seconds_count{stage="embed"}' in shop.application.metrics.exposition()


async def test_a_write_can_be_waited_for(shop: Shop) -> None:
    written = await shop.put(colour_item("red", text="red lamp"))
    assert (await shop.ids(RED, min_sequence=written.sequence))[0] == "red"
    late = SearchRequest(RED, SearchOptions(min_sequence=written.sequence + 1000))
    with pytest.raises((SequenceTimeoutError, DeadlineExceededError)):
        await shop.application.searcher.search("shop", late, Deadline.after(0.2))


async def test_an_expired_deadline_is_an_error_and_no_result(shop: Shop) -> None:
    with pytest.raises(DeadlineExceededError):
        await shop.application.searcher.search("shop", SearchRequest(RED), Deadline.after(0))
