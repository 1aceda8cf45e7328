"""Upserts, patches and deletes: what they answer, and what is there afterwards."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from index import Collection
from index.errors import (
    AttributeValueError,
    FieldNotFoundError,
    ItemNotFoundError,
    SpaceMismatchError,
    StoreError,
    VectorError,
)
from index.types import Attributes, Filter, HasId, ItemWrite, Match, Range, Vector
from tests.contracts.collection_store.items import EAST, NORTH, UP, direction, with_content, write


def statuses(collection: Collection, *items: ItemWrite) -> list[str]:
    return [result.status for result in collection.upsert(items).results]


def is_near(vectors: Sequence[Vector | None], expected: Vector) -> bool:
    """One vector, up to the rounding to float16."""
    (vector,) = vectors
    return vector is not None and bool(np.allclose(vector, expected, atol=1e-3))


def test_an_item_comes_back_as_it_was_written(collection: Collection) -> None:
    attributes: Attributes = {"brand": "acme", "price": 39.9, "tags": ("summer", "red"), "new": True, "stock": 3}
    receipt = collection.upsert([replace(write("a", EAST, attributes=attributes), picture_ref="shop/a.jpg")])
    (item,) = collection.get(["a"])
    assert item is not None
    assert (item.id, item.text, dict(item.attributes)) == ("a", "text of a", attributes)
    assert (item.content_hash, item.picture_ref, item.sequence) == ("hash of a", "shop/a.jpg", receipt.sequence)
    assert collection.rows([item.row, item.row + 1]) == [item, None]
    assert collection.get(["a", "b", "a"]) == [item, None, item]


def test_results_stand_in_the_order_of_the_batch(collection: Collection) -> None:
    collection.upsert([write("b", EAST)])
    receipt = collection.upsert([write("c", EAST), write("b", EAST), write("a", EAST)])
    assert [(r.id, r.status) for r in receipt.results] == [("c", "created"), ("b", "unchanged"), ("a", "created")]


def test_a_write_without_effect_takes_no_sequence_number(collection: Collection) -> None:
    first = collection.upsert([write("a", EAST)])
    assert statuses(collection, write("a", EAST)) == ["unchanged"]
    assert collection.upsert([write("a", EAST)]).sequence == first.sequence
    assert collection.upsert([]).sequence == first.sequence
    assert collection.delete(["zebra"]) == (0, first.sequence)
    assert collection.patch("a", {}) == first.sequence


@pytest.mark.parametrize(
    "change",
    [{"attributes": {"brand": "other"}}, {"text": "other"}, {"picture_ref": "other"}, {"vectors": {"image": NORTH}}],
    ids=lambda change: next(iter(change)),
)
def test_any_difference_is_an_update(collection: Collection, change: dict[str, object]) -> None:
    collection.upsert([write("a", EAST)])
    assert statuses(collection, replace(write("a", EAST), **change)) == ["updated"]  # type: ignore[arg-type]


def test_the_same_content_keeps_what_it_does_not_bring(collection: Collection) -> None:
    full = replace(write("a", EAST, NORTH), picture=b"picture", thumbnail=b"thumbnail")
    collection.upsert([full])
    assert statuses(collection, write("a")) == ["unchanged"]
    assert statuses(collection, write("a", attributes={"brand": "acme"})) == ["updated"]
    assert is_near(collection.vectors("image", ["a"]), EAST)
    assert is_near(collection.vectors("product", ["a"]), NORTH)
    assert (collection.picture("a"), collection.thumbnail("a")) == (b"picture", b"thumbnail")


def test_other_content_replaces_everything(collection: Collection) -> None:
    collection.upsert([replace(write("a", EAST, NORTH, {"brand": "acme"}), picture=b"picture", thumbnail=b"thumb")])
    assert statuses(collection, with_content(write("a", product=UP), "other")) == ["updated"]
    assert collection.vectors("image", ["a"]) == [None]
    assert is_near(collection.vectors("product", ["a"]), UP)
    assert (collection.picture("a"), collection.thumbnail("a")) == (None, None)
    item = collection.get(["a"])[0]
    assert item is not None
    assert dict(item.attributes) == {}


def test_an_update_keeps_the_row(collection: Collection) -> None:
    collection.upsert([write("a", EAST)])
    before = collection.get(["a"])[0]
    collection.upsert([with_content(write("a", NORTH), "other")])
    after = collection.get(["a"])[0]
    assert before is not None
    assert after is not None
    assert before.row == after.row
    assert before.sequence < after.sequence


def test_the_last_of_equal_ids_in_a_batch_counts(collection: Collection) -> None:
    assert statuses(collection, write("a", EAST), with_content(write("a", NORTH), "other")) == ["created", "updated"]
    assert [hit.cosine for hit in collection.search("image", NORTH, 5)] == pytest.approx([1], abs=1e-3)


def test_unchanged_needs_the_same_hash_and_a_vector(collection: Collection) -> None:
    collection.upsert([write("a", EAST), write("b")])
    asked = [("a", "hash of a"), ("a", "other"), ("b", "hash of b"), ("c", "hash of c")]
    assert list(collection.unchanged(asked)) == [True, False, False, False]


def test_pictures_are_kept_and_named_by_their_content(collection: Collection) -> None:
    collection.upsert([replace(write("a", EAST), picture=b"abc", thumbnail=b"small"), write("b", EAST)])
    item = collection.get(["a"])[0]
    assert item is not None
    assert item.picture_ref == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert (collection.picture("a"), collection.thumbnail("a")) == (b"abc", b"small")
    assert (collection.picture("b"), collection.thumbnail("b")) == (None, None)
    assert (collection.picture("zebra"), collection.thumbnail("zebra")) == (None, None)


BAD_ITEMS = {
    "wrong dimension": (write("bad", direction(1, 2, 3)), SpaceMismatchError),
    "two dimensions": (write("bad", np.ones((1, 4), dtype=np.float32)), SpaceMismatchError),
    "NaN": (write("bad", np.array([1, np.nan, 0, 0], dtype=np.float32)), VectorError),
    "infinity": (write("bad", np.array([1, np.inf, 0, 0], dtype=np.float32)), VectorError),
    "zero": (write("bad", np.zeros(4, dtype=np.float32)), VectorError),
    "unknown field": (replace(write("bad"), vectors={"sound": EAST}), FieldNotFoundError),  # type: ignore[dict-item]
    "clash with the schema": (write("bad", EAST, attributes={"brand": 5}), AttributeValueError),
    "boolean for a number": (write("bad", EAST, attributes={"price": True}), AttributeValueError),
    "another's picture": (replace(write("bad", EAST), picture_ref="sha256:" + 64 * "0"), AttributeValueError),
    "NaN attribute": (write("bad", EAST, attributes={"price": float("nan")}), AttributeValueError),
    "serial number": (write("bad", EAST, attributes={"price": -(2**53) - 1}), AttributeValueError),
    "huge number": (write("bad", EAST, attributes={"price": 10**400}), AttributeValueError),
    "no type": (write("bad", EAST, attributes={"size": {"eu": 42}}), AttributeValueError),  # type: ignore[dict-item]
    "nested keywords": (write("bad", EAST, attributes={"tags": ((),)}), AttributeValueError),  # type: ignore[dict-item]
    "text that is not Unicode": (replace(write("bad", EAST), text="\ud800"), AttributeValueError),
    "keyword that is not Unicode": (write("bad", EAST, attributes={"brand": "\ud800"}), AttributeValueError),
    "empty id": (replace(write("bad", EAST), id=""), AttributeValueError),
    "long id": (replace(write("bad", EAST), id="x" * 513), AttributeValueError),
}


@pytest.mark.parametrize(("bad", "error"), BAD_ITEMS.values(), ids=BAD_ITEMS.keys())
def test_a_bad_item_is_named_and_its_batch_changes_nothing(
    collection: Collection, bad: ItemWrite, error: type[StoreError]
) -> None:
    collection.upsert([write("old", EAST)])
    for act in (lambda: collection.check(bad), lambda: collection.upsert([write("good", EAST), bad])):
        with pytest.raises(error) as raised:
            act()
        assert raised.value.item_id == bad.id[:40]
    assert list(collection.ids()) == ["old"]
    assert "size" not in collection.spec.attributes
    collection.check(write("good", EAST))


def test_the_first_value_of_an_attribute_declares_it(collection: Collection) -> None:
    collection.upsert([write("a", EAST, attributes={"size": 42, "gone": None})])
    assert collection.spec.attributes["size"] == "number"
    assert "gone" not in collection.spec.attributes
    with pytest.raises(AttributeValueError, match=r"item 'b'.*'size' is 'large', a keyword.*should be a number"):
        collection.upsert([write("b", EAST, attributes={"size": "large"})])


def test_a_patch_merges_and_none_removes(collection: Collection) -> None:
    before = collection.upsert([write("a", EAST, attributes={"brand": "acme", "price": 5})]).sequence
    after = collection.patch("a", {"brand": None, "colour": "red", "price": 7, "nothing": None})
    item = collection.get(["a"])[0]
    assert item is not None
    assert dict(item.attributes) == {"colour": "red", "price": 7}
    assert item.sequence == after == before + 1
    assert collection.count(Filter(must=(Match("brand", ("acme",)),))) == 0
    assert collection.search("image", EAST, 1, Filter(must=(Range("price", gte=7),)))[0].id == "a"


def test_a_patch_of_a_wrong_type_or_an_unknown_item_is_refused(collection: Collection) -> None:
    collection.upsert([write("a", EAST, attributes={"price": 5})])
    with pytest.raises(AttributeValueError):
        collection.patch("a", {"price": "cheap"})
    with pytest.raises(ItemNotFoundError):
        collection.patch("b", {"price": 5})


def test_deleted_items_are_gone_and_may_return(collection: Collection) -> None:
    collection.upsert([write("a", EAST), write("b", NORTH)])
    number, sequence = collection.delete(["a", "zebra", "a"])
    assert number == 1
    assert sequence == collection.info().sequence
    assert collection.get(["a"]) == [None]
    assert [hit.id for hit in collection.search("image", EAST, 5)] == ["b"]
    assert statuses(collection, write("a", EAST)) == ["created"]
    assert [hit.id for hit in collection.search("image", EAST, 5)] == ["a", "b"]


def test_an_id_that_begins_like_another_deletes_only_itself(collection: Collection) -> None:
    collection.upsert([write("a", EAST)])
    assert collection.delete(["a\0b", "a "])[0] == 0
    assert collection.ids() == ["a"]


def test_delete_matching(collection: Collection) -> None:
    collection.upsert([write(f"i{n}", EAST, attributes={"price": n}) for n in range(10)])
    assert collection.delete_matching(Filter(must=(Range("price", gte=6),)))[0] == 4
    assert collection.delete_matching(Filter(must=(HasId(("i0", "i9")),)))[0] == 1
    assert list(collection.ids()) == ["i1", "i2", "i3", "i4", "i5"]
    assert collection.delete_matching(Filter())[0] == 5
    assert collection.count() == 0


def test_ids_are_paged_in_ascending_order(collection: Collection) -> None:
    collection.upsert([write(id_) for id_ in ("b", "a", "é", "B", "10", "9", "😀")])
    assert list(collection.ids()) == ["10", "9", "B", "a", "b", "é", "😀"]
    assert list(collection.ids(after="B", limit=2)) == ["a", "b"]
    assert list(collection.ids(after="😀")) == []
