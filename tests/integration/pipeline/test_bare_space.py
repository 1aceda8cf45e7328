"""A collection without a model: what needs no encoder works, what needs one says why not, until a bundle is loaded."""

import numpy as np
import pytest

from index.errors import SpaceMismatchError
from service.errors import PictureNotKeptError, SpaceWithoutModelError
from service.types import (
    CollectionOptions,
    ComposeQuery,
    ImageQuery,
    ItemInput,
    OwnSpace,
    PictureBytes,
    PictureOfItem,
    ProductQuery,
    Refinement,
    Term,
    TermsQuery,
    TextQuery,
    Vector,
    VectorQuery,
)
from tests.fakes.pictures import picture
from tests.fakes.tiny_bundle import COLOURS
from tests.integration.pipeline.conftest import MakeApplication, Shop, soon, statuses

BARE = OwnSpace("my-space", 16)


def axis(n: int, other: int | None = None) -> Vector:
    vector = np.zeros(16, dtype=np.float32)
    vector[n] = 1.0
    if other is not None:
        vector[other] = 0.5
    return vector


async def made(application: MakeApplication, space: OwnSpace = BARE) -> Shop:
    shop = Shop(application())
    await shop.application.collections.create("shop", CollectionOptions(space=space), soon())
    field = space.fields[0]
    items = [ItemInput(f"i{n}", f"text {n}", attributes={"n": n}, vectors={field: axis(n, n + 1)}) for n in range(8)]
    assert set(statuses(await shop.put(*items))) == {"created"}
    return shop


async def test_vectors_items_and_terms_over_items_find(make_application: MakeApplication) -> None:
    shop = await made(make_application)
    info = await shop.application.collections.describe("shop")
    assert (info.spec.model, info.spec.space_id, dict(info.vectors)) == (None, "my-space", {"image": 8})
    assert (await shop.ids(VectorQuery(axis(3))))[0] == "i3"
    assert (await shop.ids(ImageQuery(PictureOfItem("i3"))))[0] in ("i2", "i4")
    assert (await shop.ids(ProductQuery(item="i3")))[0] in ("i2", "i4")
    terms = TermsQuery((Term(PictureOfItem("i1")), Term(PictureOfItem("i6"), -1.0)))
    result = await shop.search(terms, include=frozenset({"explain"}))
    assert result.hits[0].id in ("i0", "i2") and result.space == "my-space"
    assert result.hits[0].explain is not None and result.hits[0].explain["calibration"] == "none"
    again = await shop.application.searcher.refine("shop", Refinement(result.query_id, weights=(1.0, 0.0)), soon())
    assert again.hits


@pytest.mark.parametrize(
    "query",
    [
        TextQuery("red"),
        ImageQuery(PictureBytes(picture(COLOURS["red"]))),
        TermsQuery((Term(PictureOfItem("i1")), Term("red"))),
        ComposeQuery(PictureOfItem("i1"), "in red"),
        ProductQuery(text="red"),
    ],
    ids=["text", "picture", "terms", "compose", "product"],
)
async def test_what_must_be_encoded_is_refused_with_the_reason(
    make_application: MakeApplication, query: object
) -> None:
    shop = await made(make_application)
    with pytest.raises(SpaceWithoutModelError, match="my-space"):
        await shop.search(query)  # type: ignore[arg-type]


async def test_items_that_must_be_encoded_fail_alone(make_application: MakeApplication) -> None:
    shop = await made(make_application)
    outcome = await shop.put(
        ItemInput("a", text="words alone"),
        ItemInput("b", image=picture(COLOURS["red"])),
        ItemInput("c", image=picture(COLOURS["red"]), vectors={"image": axis(1)}),
        ItemInput("d", vectors={"image": axis(1)}),
        ItemInput("e", vectors={"image": axis(1)[:4]}),
        ItemInput("f", vectors={"product": axis(1)}),
    )
    codes = [item.problem.code if item.problem else item.status for item in outcome.items]
    refused = "space_without_model"
    assert codes == [refused, refused, refused, "created", "space_mismatch", "field_not_found"]


async def test_the_same_vectors_again_are_unchanged(make_application: MakeApplication) -> None:
    shop = await made(make_application)
    item = ItemInput("i0", "text 0", attributes={"n": 0}, vectors={"image": axis(0, 1)})
    assert statuses(await shop.put(item)) == ["unchanged"]
    moved = ItemInput("i0", "text 0", attributes={"n": 0}, vectors={"image": axis(5)})
    assert statuses(await shop.put(moved)) == ["updated"]
    assert (await shop.ids(VectorQuery(axis(5))))[0] == "i0"


async def test_a_collection_of_products_is_searched_there(make_application: MakeApplication) -> None:
    shop = await made(make_application, OwnSpace("mine", 16, ("product",)))
    assert (await shop.ids(VectorQuery(axis(3))))[0] == "i3"
    assert (await shop.ids(ProductQuery(item="i3")))[0] in ("i2", "i4")
    assert (await shop.ids(ImageQuery(PictureOfItem("i3"))))[0] in ("i2", "i4")


async def test_an_item_without_the_vector_is_named(make_application: MakeApplication) -> None:
    shop = await made(make_application, OwnSpace("mine", 16, ("image", "product")))
    with pytest.raises(PictureNotKeptError, match="no vector in the field 'product'"):
        await shop.search(ProductQuery(item="i3"))


async def test_a_bundle_of_that_space_brings_the_encoder(make_application: MakeApplication) -> None:
    shop = Shop(make_application())
    await shop.application.collections.create("shop", CollectionOptions(space=OwnSpace("tiny-1", 16)), soon())
    model = shop.application.embeddings
    vectors = (await model.embed(None, [PictureBytes(picture(rgb)) for rgb in COLOURS.values()], soon())).vectors
    items = [ItemInput(name, vectors={"image": v}) for name, v in zip(COLOURS, vectors, strict=True)]
    assert set(statuses(await shop.put(*items))) == {"created"}
    assert (await shop.ids(TextQuery("red")))[0] == "red"
    assert (await shop.ids(ImageQuery(PictureBytes(picture(COLOURS["blue"])))))[0] == "blue"


async def test_a_space_that_a_model_makes_differently_is_refused(make_application: MakeApplication) -> None:
    with pytest.raises(SpaceMismatchError, match="16 dimensions, not 12"):
        options = CollectionOptions(space=OwnSpace("tiny-1", 12))
        await make_application().collections.create("shop", options, soon())
