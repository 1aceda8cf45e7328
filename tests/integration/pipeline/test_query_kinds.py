"""Every query kind finds what it says, with a real encoder and a real store."""

import numpy as np
import pytest

from index.errors import ItemNotFoundError, SpaceMismatchError, VectorError
from models.errors import BoxError, CompositionError, PictureUnreadableError, TextError
from models.pictures import Box
from service.errors import (
    LimitExceededError,
    NotImplementedYetError,
    PictureNotKeptError,
    QueryInvalidError,
    TextTooLongError,
)
from service.types import (
    ComposeQuery,
    ImageQuery,
    ItemInput,
    PictureBytes,
    PictureOfItem,
    ProductQuery,
    Term,
    TermsQuery,
    TextQuery,
    VectorQuery,
)
from tests.fakes.pictures import halves, picture
from tests.fakes.tiny_bundle import COLOURS, DIMENSION
from tests.integration.pipeline.conftest import Shop

RED, BLUE = COLOURS["red"], COLOURS["blue"]


@pytest.mark.parametrize("colour", COLOURS)
async def test_a_text_finds_the_picture_that_it_names(shop: Shop, colour: str) -> None:
    result = await shop.search(TextQuery(f"a {colour} square"))
    assert result.hits[0].id == colour
    assert result.hits[0].cosine == max(hit.cosine for hit in result.hits)
    assert 0 <= result.hits[-1].score <= result.hits[0].score <= 1


@pytest.mark.parametrize("field", ["image", "product"])
async def test_a_picture_finds_its_like_in_both_fields(shop: Shop, field: str) -> None:
    assert (await shop.ids(ImageQuery(PictureBytes(picture(RED, form="JPEG"))), field=field))[0] == "red"


async def test_a_box_searches_by_a_region(shop: Shop) -> None:
    data = halves(RED, BLUE)
    assert (await shop.ids(ImageQuery(PictureBytes(data, Box(0, 0, 0.45, 1)))))[0] == "red"
    assert (await shop.ids(ImageQuery(PictureBytes(data, Box(0.55, 0, 0.45, 1)))))[0] == "blue"


async def test_the_picture_of_an_item_finds_others_like_it_but_not_itself(shop: Shop) -> None:
    await shop.put(ItemInput("red again", image=picture((250, 0, 0))))
    ids = await shop.ids(ImageQuery(PictureOfItem("red")))
    assert ids[0] == "red again"
    assert "red" not in ids


async def test_a_box_on_the_picture_of_an_item_takes_the_kept_picture(shop: Shop) -> None:
    await shop.put(ItemInput("both", image=halves(RED, BLUE)))
    assert (await shop.ids(ImageQuery(PictureOfItem("both", Box(0.55, 0, 0.45, 1)))))[0] == "blue"


async def test_an_unknown_item_and_an_item_without_picture_are_told_apart(shop: Shop) -> None:
    await shop.put(ItemInput("words", text="a red lamp"))
    with pytest.raises(ItemNotFoundError, match="nobody"):
        await shop.search(ImageQuery(PictureOfItem("nobody")))
    with pytest.raises(PictureNotKeptError, match="search by its product"):
        await shop.search(ImageQuery(PictureOfItem("words")))
    with pytest.raises(PictureNotKeptError, match="send its bytes"):
        await shop.search(ImageQuery(PictureOfItem("words", Box(0, 0, 1, 1))))


async def test_a_vector_searches_as_it_is(shop: Shop) -> None:
    stored = (await shop.search(TextQuery("green"), limit=1, include=frozenset({"vector"}))).hits[0].vector
    assert stored is not None
    result = await shop.search(VectorQuery(stored * np.float32(7)))
    assert (result.hits[0].id, result.hits[0].cosine) == ("green", pytest.approx(1, abs=1e-3))


@pytest.mark.parametrize("size", [0, DIMENSION - 1, DIMENSION + 1])
async def test_a_vector_of_the_wrong_dimension_is_refused(shop: Shop, size: int) -> None:
    with pytest.raises(SpaceMismatchError, match=str(DIMENSION)):
        await shop.search(VectorQuery(np.ones(size, dtype=np.float32)))


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0])
async def test_a_vector_that_is_not_usable_is_refused(shop: Shop, value: float) -> None:
    with pytest.raises(VectorError, match="finite"):
        await shop.search(VectorQuery(np.full(DIMENSION, value, dtype=np.float32)))


@pytest.mark.parametrize("size", [1e-30, 1e30])
async def test_the_length_of_a_vector_does_not_matter(shop: Shop, size: float) -> None:
    assert await shop.ids(VectorQuery(np.full(DIMENSION, size))) == await shop.ids(VectorQuery(np.ones(DIMENSION)))


async def test_terms_add_up_and_negative_ones_repel(shop: Shop) -> None:
    both = await shop.ids(TermsQuery([Term("red"), Term("magenta")]))
    assert set(both[:2]) == {"red", "magenta"}
    without = await shop.ids(TermsQuery([Term("yellow"), Term("green", -1.0)]))
    assert without[0] in {"red", "magenta"}
    assert without.index("green") > without.index("red")


async def test_terms_mix_texts_pictures_and_items(shop: Shop) -> None:
    terms = [Term("cyan"), Term(PictureBytes(picture(BLUE)), 0.9), Term(PictureOfItem("black"), 0.1)]
    ids = await shop.ids(TermsQuery(terms))
    assert set(ids[:2]) == {"blue", "cyan"}
    assert "black" not in ids


async def test_terms_that_make_no_query_are_refused(shop: Shop) -> None:
    with pytest.raises(LimitExceededError, match="1 to 32 terms"):
        await shop.search(TermsQuery([]))
    with pytest.raises(LimitExceededError):
        await shop.search(TermsQuery([Term("red")] * 33))
    with pytest.raises(QueryInvalidError, match="finite"):
        await shop.search(TermsQuery([Term("red", float("nan"))]))
    with pytest.raises(CompositionError):
        await shop.search(TermsQuery([Term("red"), Term("red", -1.0)]))


@pytest.mark.parametrize("method", ["pdv", "sum"])
async def test_a_picture_plus_a_change(shop: Shop, method: str) -> None:
    await shop.put(ItemInput("dark red", image=picture((180, 0, 0)), text="dark red square"))
    query = ComposeQuery(
        PictureBytes(picture(RED)), "blue", base_text="red square", target_text="blue square", method=method
    )
    ids = await shop.ids(query)
    assert ids[0] in {"blue", "magenta"}
    assert ids.index("blue") < ids.index("red")


async def test_the_reference_is_excluded_unless_asked_for(shop: Shop) -> None:
    image = PictureOfItem("red")
    assert "red" not in await shop.ids(ComposeQuery(image, "very red"))
    assert "red" in await shop.ids(ComposeQuery(image, "very red", exclude_reference=False))


async def test_the_base_text_comes_from_the_item(shop: Shop) -> None:
    own = await shop.search(ComposeQuery(PictureOfItem("red"), "blue"), include=frozenset({"explain"}))
    said = await shop.search(
        ComposeQuery(PictureOfItem("red"), "blue", base_text="red square"), include=frozenset({"explain"})
    )
    assert [hit.explain for hit in own.hits] == [hit.explain for hit in said.hits]
    assert own.warnings == ()


async def test_without_a_text_the_caption_bank_describes_the_picture(shop: Shop) -> None:
    bank = await shop.search(ComposeQuery(PictureBytes(picture(RED)), "blue"), include=frozenset({"explain"}))
    said = await shop.search(
        ComposeQuery(PictureBytes(picture(RED)), "blue", base_text="red square"), include=frozenset({"explain"})
    )
    assert [hit.explain for hit in bank.hits] == [hit.explain for hit in said.hits]


async def test_a_collection_without_texts_falls_back_to_the_sum_and_says_so(shop: Shop) -> None:
    for colour in COLOURS:
        await shop.put(ItemInput(colour, image=picture(COLOURS[colour])))
    result = await shop.search(
        ComposeQuery(PictureBytes(picture(RED)), "blue", alpha=9.0), include=frozenset({"explain"})
    )
    assert [notice.code for notice in result.warnings] == ["reference_not_described"]
    explain = result.hits[0].explain
    assert explain is not None and (explain["mixture"], explain["weight.change"]) == ("sum", 2.0)


async def test_a_change_that_changes_nothing_is_told(shop: Shop) -> None:
    query = ComposeQuery(PictureBytes(picture(RED)), "x", base_text="red", target_text="red")
    result = await shop.search(query)
    assert [notice.code for notice in result.warnings] == ["weak_direction"]


async def test_a_long_base_text_does_not_cut_the_change_off(shop: Shop) -> None:
    query = ComposeQuery(PictureOfItem("red"), "blue blue blue", base_text="red " * 12)
    result = await shop.search(query, include=frozenset({"explain"}))
    assert [notice.code for notice in result.warnings] == ["base_text_shortened"]
    explain = result.hits[0].explain
    assert explain is not None and explain["cosine.target"] != explain["cosine.base"]


async def test_isa_names_the_step_that_brings_it(shop: Shop) -> None:
    with pytest.raises(NotImplementedYetError, match="step 4"):
        await shop.search(ComposeQuery(PictureOfItem("red"), "blue", method="isa"))


async def test_a_composed_query_needs_a_change(shop: Shop) -> None:
    with pytest.raises(QueryInvalidError, match="modification"):
        await shop.search(ComposeQuery(PictureOfItem("red"), "  "))


async def test_a_product_is_searched_by_picture_text_or_both(shop: Shop) -> None:
    await shop.put(ItemInput("words only", text="a cyan square"))
    assert (await shop.ids(ProductQuery(image=PictureBytes(picture(RED)))))[0] == "red"
    assert "words only" in (await shop.ids(ProductQuery(text="a cyan square")))[:2]
    both = ProductQuery(image=PictureBytes(picture(RED)), text="blue", image_weight=0.5)
    assert (await shop.ids(both))[0] == "magenta"
    assert (await shop.ids(ProductQuery(PictureBytes(picture(RED)), "blue", image_weight=1.0)))[0] == "red"
    assert (await shop.ids(ProductQuery(PictureBytes(picture(RED)), "blue", image_weight=0.0)))[0] == "blue"


async def test_a_stored_product_finds_others(shop: Shop) -> None:
    await shop.put(ItemInput("twin", image=picture((250, 5, 5)), text="red square"))
    for query in (ProductQuery(item="red"), ProductQuery(item="red", image_weight=0.3)):
        ids = await shop.ids(query)
        assert ids[0] == "twin" and "red" not in ids


async def test_a_text_only_product_finds_others(shop: Shop) -> None:
    await shop.put(ItemInput("words", text="a red square"))
    assert (await shop.ids(ProductQuery(item="words")))[0] == "red"
    assert (await shop.ids(ProductQuery(item="words", image_weight=0.5)))[0] == "red"


@pytest.mark.parametrize("query", [ProductQuery(), ProductQuery(item="red", text="also")])
async def test_a_product_that_is_none_is_refused(shop: Shop, query: ProductQuery) -> None:
    with pytest.raises(QueryInvalidError, match="picture"):
        await shop.search(query)


@pytest.mark.parametrize("text", ["", "  ", "\n\t"])
async def test_an_empty_text_is_refused(shop: Shop, text: str) -> None:
    with pytest.raises(TextError, match="empty"):
        await shop.search(TextQuery(text))


async def test_a_text_longer_than_the_context_is_truncated_with_a_warning(shop: Shop) -> None:
    result = await shop.search(TextQuery("red " * 13))
    assert result.hits[0].id == "red"
    assert [notice.code for notice in result.warnings] == ["text_truncated"]
    assert "12 tokens" in result.warnings[0].message


async def test_a_text_over_the_limit_is_refused(shop: Shop) -> None:
    with pytest.raises(TextTooLongError, match="20,000"):
        await shop.search(TextQuery("x" * 20_001))


async def test_a_bad_picture_or_box_is_refused(shop: Shop) -> None:
    with pytest.raises(PictureUnreadableError):
        await shop.search(ImageQuery(PictureBytes(b"not a picture")))
    with pytest.raises(BoxError):
        await shop.search(ImageQuery(PictureBytes(picture(RED), Box(0, 0, 0, 0))))


@pytest.mark.parametrize(
    ("contents", "kind"),
    [(["red", "blue"], "text"), ([PictureOfItem("red")], "image"), ([PictureOfItem("red"), "blue"], "composed")],
)
async def test_terms_are_scored_as_what_they_are_made_of(
    shop: Shop, contents: list[str | PictureOfItem], kind: str
) -> None:
    result = await shop.search(TermsQuery([Term(content) for content in contents]), include=frozenset({"explain"}))
    explain = result.hits[0].explain
    assert explain is not None and explain["kind"] == kind


async def test_the_weight_of_a_products_picture_counts_where_no_picture_is_kept(shop: Shop) -> None:
    """The item brings its vectors and a reference of its picture, no bytes."""
    (vector,) = (await shop.search(ImageQuery(PictureOfItem("blue")), include=frozenset({"vector"}))).hits[:1]
    assert vector.vector is not None
    await shop.put(ItemInput("bare", text="a red square", image_ref="shop/bare.jpg", vectors={"image": vector.vector}))
    by_picture = await shop.ids(ProductQuery(item="bare", image_weight=1.0))
    by_text = await shop.ids(ProductQuery(item="bare", image_weight=0.0))
    assert by_text[0] == "red" and by_picture != by_text
