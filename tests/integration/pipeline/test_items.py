"""Items in and out: one bad item fails alone, and nothing is encoded twice."""

import asyncio
import io
from threading import Event
from typing import Any

import numpy as np
import pytest
from PIL import Image

from index import LocalStore
from index.collection import LocalCollection
from index.errors import CollectionNotFoundError, ItemNotFoundError
from service.decode.pictures import THUMBNAIL_SIDE, WORKING_COPY_SIDE
from service.errors import DeadlineExceededError, LimitExceededError, PictureNotKeptError
from service.types import (
    CollectionOptions,
    Deadline,
    ImageQuery,
    ItemInput,
    ItemOutcome,
    PictureBytes,
    Problem,
    ProductQuery,
    TextQuery,
)
from tests.fakes.pictures import picture
from tests.fakes.tiny_bundle import COLOURS, DIMENSION
from tests.integration.pipeline.conftest import MakeApplication, Shop, colour_item, soon, statuses

RED = COLOURS["red"]


def encoded_so_far(shop: Shop) -> float:
    registry = shop.application.metrics.registry
    return sum(
        registry.get_sample_value("lookalike_encoded_total", {"model": "tiny", "tower": tower}) or 0
        for tower in ("text", "image")
    )


BAD = {
    "picture_unreadable": ItemInput("bad", image=b"no picture"),
    "item_invalid": ItemInput("bad"),
    "text_too_long": ItemInput("bad", text="x" * 20_001),
    "space_mismatch": ItemInput("bad", vectors={"image": np.ones(3, dtype=np.float32)}),
    "vector_invalid": ItemInput("bad", vectors={"image": np.full(DIMENSION, np.nan, dtype=np.float32)}),
    "attribute_value_invalid": ItemInput("bad", text="red", attributes={"price": "cheap"}),
    "picture_too_large": ItemInput("bad", image=b"x" * 20_000_001),
}


@pytest.mark.parametrize("code", BAD)
async def test_one_bad_item_in_a_hundred_fails_alone(shop: Shop, code: str) -> None:
    batch = [colour_item("red", id=f"good {n}") for n in range(99)]
    batch.insert(50, BAD[code])
    outcome = await shop.put(*batch)
    assert [item.id for item in outcome.items] == [item.id for item in batch]
    assert statuses(outcome).count("created") == 99
    bad = outcome.items[50]
    assert bad.status == "failed" and bad.problem is not None
    assert (bad.problem.code, bool(bad.problem.detail)) == (code, True)
    with pytest.raises(ItemNotFoundError):
        await shop.application.items.get("shop", "bad")


async def test_items_that_only_disagree_with_each_other_fail_alone_too(shop: Shop) -> None:
    first = ItemInput("first", text="red", attributes={"weight": 1.0})
    second = ItemInput("second", text="red", attributes={"weight": "heavy"})
    outcome = await shop.put(first, second, colour_item("blue", id="third"))
    assert statuses(outcome) == ["created", "failed", "created"]
    assert outcome.items[1].problem is not None and outcome.items[1].problem.code == "attribute_value_invalid"


async def test_of_an_id_that_occurs_twice_the_first_is_written(shop: Shop) -> None:
    outcome = await shop.put(ItemInput("twice", text="one"), ItemInput("twice", text="two"))
    assert statuses(outcome) == ["created", "failed"]
    assert outcome.items[1].problem is not None and outcome.items[1].problem.code == "duplicate_id"
    assert (await shop.application.items.get("shop", "twice")).text == "one"


async def test_what_failed_at_the_edge_is_passed_through_in_its_place(shop: Shop) -> None:
    edge = ItemOutcome("edge", "failed", Problem("base64_invalid", "Not valid base64", "pad it", 400))
    outcome = await shop.application.items.upsert("shop", [colour_item("red", id="a"), edge], soon())
    assert outcome.items[1] == edge
    assert statuses(outcome) == ["created", "failed"]


async def test_unchanged_items_are_not_encoded_again(shop: Shop) -> None:
    before = encoded_so_far(shop)
    outcome = await shop.put(*(colour_item(colour) for colour in COLOURS))
    assert set(statuses(outcome)) == {"unchanged"}
    assert encoded_so_far(shop) == before


async def test_other_attributes_are_an_update_without_encoding(shop: Shop) -> None:
    before = encoded_so_far(shop)
    outcome = await shop.put(colour_item("red", attributes={"price": 99.0}))
    assert statuses(outcome) == ["updated"]
    assert encoded_so_far(shop) == before
    assert (await shop.application.items.get("shop", "red")).attributes["price"] == 99
    assert await shop.application.items.picture("shop", "red") == picture(RED)
    assert (await shop.ids(TextQuery("red")))[0] == "red"


@pytest.mark.parametrize("change", [{"text": "a blue square"}, {"image": picture(COLOURS["blue"])}, {"text": None}])
async def test_other_content_is_encoded(shop: Shop, change: dict[str, Any]) -> None:
    before = encoded_so_far(shop)
    assert statuses(await shop.put(colour_item("red", **change))) == ["updated"]
    assert encoded_so_far(shop) > before


async def test_a_new_picture_is_found_and_the_old_one_is_not(shop: Shop) -> None:
    await shop.put(colour_item("red", image=picture(COLOURS["cyan"])))
    assert "red" in (await shop.ids(TextQuery("cyan")))[:2]
    assert (await shop.ids(TextQuery("red")))[0] != "red"


async def test_an_item_that_lost_its_vectors_is_healed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody deletes the item between the check and the write, so the write finds nothing to keep."""
    items = shop.application.items
    collection = shop.application.store.open("shop")
    original = type(collection).upsert

    def upsert_after_a_delete(self: Any, writes: Any) -> Any:
        monkeypatch.setattr(type(collection), "upsert", original)
        collection.delete(["red"])
        return original(self, writes)

    monkeypatch.setattr(type(collection), "upsert", upsert_after_a_delete)
    outcome = await items.upsert("shop", [colour_item("red")], soon())
    assert statuses(outcome) != ["failed"]
    assert (await shop.ids(TextQuery("red")))[0] == "red"


async def test_own_vectors_are_taken_as_they_are(shop: Shop) -> None:
    vector = np.zeros(DIMENSION, dtype=np.float32)
    vector[5] = 2.0
    before = encoded_so_far(shop)
    await shop.put(ItemInput("own", vectors={"image": vector, "product": vector}))
    assert encoded_so_far(shop) == before
    stored = shop.application.store.open("shop").vectors("image", ["own"])[0]
    assert stored is not None and stored == pytest.approx(vector / 2, abs=1e-3)


async def test_an_own_image_vector_and_a_text_make_a_product(shop: Shop) -> None:
    red = shop.application.store.open("shop").vectors("image", ["red"])[0]
    assert red is not None
    await shop.put(ItemInput("own", text="red square", vectors={"image": red}))
    assert (await shop.ids(ProductQuery(item="own")))[0] == "red"


async def test_a_long_text_is_truncated_with_a_warning(shop: Shop) -> None:
    outcome = await shop.put(ItemInput("long", text="red " * 20))
    assert outcome.items[0].status == "created"
    assert [notice.code for notice in outcome.items[0].warnings] == ["text_truncated"]


async def test_a_text_only_item_lives_in_the_product_field(shop: Shop) -> None:
    await shop.put(ItemInput("words", text="cyan lamp"))
    collection = shop.application.store.open("shop")
    assert collection.vectors("image", ["words"])[0] is None
    assert collection.vectors("product", ["words"])[0] is not None


@pytest.mark.parametrize("count", [0, 1001])
async def test_a_batch_has_its_limits(shop: Shop, count: int) -> None:
    with pytest.raises(LimitExceededError, match="1 to 1000"):
        await shop.put(*(ItemInput(str(n), text="x") for n in range(count)))


async def test_a_late_batch_writes_nothing(shop: Shop) -> None:
    before = (await shop.application.collections.describe("shop")).sequence
    with pytest.raises(DeadlineExceededError):
        await shop.application.items.upsert("shop", [colour_item("red", id="late")], Deadline.after(0))
    assert (await shop.application.collections.describe("shop")).sequence == before


async def test_batches_at_the_same_time_all_arrive(shop: Shop) -> None:
    batches = [[ItemInput(f"{a}-{b}", text=f"red {a} {b}") for b in range(20)] for a in range(5)]
    outcomes = await asyncio.gather(*(shop.put(*batch) for batch in batches))
    assert {status for outcome in outcomes for status in statuses(outcome)} == {"created"}
    assert (await shop.application.collections.describe("shop")).items == 108


@pytest.mark.parametrize("act", ["upsert", "patch", "delete", "drop"])
async def test_a_search_overtakes_a_slow_write(
    make_application: MakeApplication, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    shop = Shop(make_application(store_threads=1, write_threads=1))
    items, collections = shop.application.items, shop.application.collections
    await collections.create("shop", CollectionOptions(), soon())
    await collections.create("other", CollectionOptions(), soon())
    await shop.put(colour_item("red"))
    begun, go_on = Event(), Event()

    def slow(*_: object) -> None:
        begun.set()
        assert go_on.wait(30)
        raise CollectionNotFoundError("the write ended")

    monkeypatch.setattr(LocalStore if act == "drop" else LocalCollection, act, slow)
    calls = {
        "upsert": lambda: items.upsert("other", [colour_item("red")], soon()),
        "patch": lambda: items.patch("other", "red", {}, soon()),
        "delete": lambda: items.delete("other", ["red"], soon()),
        "drop": lambda: collections.drop("other", soon()),
    }
    writing = asyncio.ensure_future(calls[act]())
    try:
        assert await asyncio.to_thread(begun.wait, 30)
        assert await shop.ids(TextQuery("red")) == ["red"]
    finally:
        go_on.set()
    with pytest.raises(CollectionNotFoundError, match="the write ended"):
        await writing


async def test_attributes_can_be_patched_and_items_deleted(shop: Shop) -> None:
    items = shop.application.items
    sequence = await items.patch("shop", "red", {"price": 5.0, "kind": None}, soon())
    item = await items.get("shop", "red")
    assert item.attributes == {"price": 5.0, "tags": ("a", "red")}
    deleted, later = await items.delete("shop", ["red", "nobody"], soon())
    assert (deleted, later > sequence) == (1, True)
    assert "red" not in await shop.ids(TextQuery("red"))
    with pytest.raises(ItemNotFoundError):
        await items.patch("shop", "red", {}, soon())


async def test_thumbnails_are_small_webp_and_pictures_are_the_bytes_that_came(shop: Shop) -> None:
    data = picture(RED, size=(1000, 500), form="JPEG")
    await shop.put(ItemInput("large", image=data))
    items = shop.application.items
    with Image.open(io.BytesIO(await items.thumbnail("shop", "large"))) as thumbnail:
        assert (thumbnail.format, thumbnail.size) == ("WEBP", (THUMBNAIL_SIDE, THUMBNAIL_SIDE // 2))
    assert await items.picture("shop", "large") == data


async def test_an_item_without_picture_has_none_to_show(shop: Shop) -> None:
    await shop.put(ItemInput("words", text="red"))
    for read in (shop.application.items.thumbnail, shop.application.items.picture):
        with pytest.raises(PictureNotKeptError):
            await read("shop", "words")
        with pytest.raises(ItemNotFoundError):
            await read("shop", "nobody")


async def test_a_working_copy_is_what_is_kept_and_what_is_encoded(make_application: MakeApplication) -> None:
    shop = Shop(make_application())
    await shop.application.collections.create("shop", CollectionOptions(pictures="working_copy"), soon())
    noise = Image.fromarray(np.random.default_rng(2).integers(0, 255, (900, 1200, 3), dtype=np.uint8))
    file = io.BytesIO()
    noise.save(file, "PNG")
    await shop.put(ItemInput("large", image=file.getvalue()))
    kept = await shop.application.items.picture("shop", "large")
    with Image.open(io.BytesIO(kept)) as copy:
        assert max(copy.size) == WORKING_COPY_SIDE
    result = await shop.search(ImageQuery(PictureBytes(kept)))
    assert result.hits[0].cosine == pytest.approx(1, abs=1e-3)


async def test_a_collection_that_keeps_no_pictures_keeps_none(make_application: MakeApplication) -> None:
    shop = Shop(make_application())
    await shop.application.collections.create("shop", CollectionOptions(pictures="none"), soon())
    await shop.put(colour_item("red", image_ref="https://shop.example/red.webp"))
    hit = (await shop.search(TextQuery("red"))).hits[0]
    assert (hit.id, hit.has_image) == ("red", False)
    assert (await shop.application.items.get("shop", "red")).picture_ref == "https://shop.example/red.webp"
    with pytest.raises(PictureNotKeptError):
        await shop.application.items.thumbnail("shop", "red")


async def test_an_unknown_collection_is_an_error_everywhere(shop: Shop) -> None:
    items = shop.application.items
    for call in (
        items.upsert("nowhere", [colour_item("red")], soon()),
        items.get("nowhere", "red"),
        items.patch("nowhere", "red", {}, soon()),
        items.delete("nowhere", ["red"], soon()),
        items.thumbnail("nowhere", "red"),
    ):
        with pytest.raises(CollectionNotFoundError):
            await call
