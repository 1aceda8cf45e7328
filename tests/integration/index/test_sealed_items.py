"""Items that are sealed answer as those that never were: ids, filters, facets, in a fresh process and a running one."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.checking.check import CheckOrder, check
from index.collection import LocalCollection
from index.errors import CorruptError
from index.sealed import sealed_columns
from index.sealed.builder import SealOrder, seal
from index.sealed.policy import SealPolicy
from index.sealed.sealed_items import ARRAYS, SealedItems
from index.sealed.snapshot import SnapshotFiles
from index.store import LocalStore
from index.types import CollectionSpec, Filter, GeoPoint, GeoRadius, HasId, ItemWrite, Match, Range, SearchParameters
from tests.integration.index.snapshots import wait_for_snapshot

DIMENSION = 16
NEVER = SealPolicy(least=10**9)
FILTERS = (
    None,
    *(Filter(must=(Match("brand", (f"b{n}", "b9")),)) for n in range(4)),
    Filter(must=(Match("tags", ("t1", "t2")),), must_not=(Match("sale", (True,)),)),
    Filter(must=(Range("price", gte=3.0, lt=20.0),)),
    Filter(must=(Range("price", gt=19.0),), should=(Match("price", (20.5, 40.5)), Match("sale", (False,)))),
    Filter(must=(GeoRadius("place", GeoPoint(50.0, 10.0), 2_000_000.0),)),
    Filter(must_not=(GeoRadius("place", GeoPoint(0.0, 180.0), 9_000_000.0),)),
    Filter(must=(GeoRadius("place", GeoPoint(90.0, 0.0), 30_000_000.0),)),
    Filter(must=(HasId(("i1", "i7", "i250", "i399", "i999")),)),
)


def item(number: int, version: int) -> ItemWrite:
    """Attributes and vector follow from both; some items have no vector, some no attributes."""
    random = np.random.default_rng((number, version))
    attributes = {
        "brand": f"b{random.integers(6)}",
        "price": float(random.integers(0, 50)) + 0.5,
        "sale": bool(random.integers(2)),
        "tags": tuple(f"t{tag}" for tag in random.integers(0, 5, 3)),
        "place": GeoPoint(random.uniform(-90, 90), random.uniform(-180, 180)),
    }
    kept = {key: value for key, value in attributes.items() if random.random() < 0.8}
    vector = random.standard_normal(DIMENSION).astype(np.float32)
    return ItemWrite(f"i{number}", str(version), attributes=kept, vectors={"image": vector} if number % 7 else {})


def change(collection: LocalCollection, round_: int) -> None:
    """New ids, written anew, patched, deleted, and deleted ones that come back."""
    collection.upsert([item(n, round_) for n in range(400 + 40 * round_, 440 + 40 * round_)])
    collection.upsert([item(n, round_) for n in range(20 * round_, 20 * round_ + 30)])
    for n in range(5):
        collection.patch(
            f"i{150 + 10 * round_ + n}", {"brand": "b9", "price": None, "place": None, f"new{round_}": "x"}
        )
    collection.delete([f"i{n}" for n in range(240 + 20 * round_, 260 + 20 * round_)])
    collection.upsert([item(240 + 20 * round_, round_ + 50)])


def told(collection: LocalCollection) -> list[object]:
    """Everything that a user may learn of the items, by id."""
    ids = [f"i{n}" for n in range(700)]
    query = np.random.default_rng(5).standard_normal(DIMENSION).astype(np.float32)
    found = []
    for filter_ in FILTERS:
        hits = collection.search("image", query, 600, filter_, SearchParameters(exact=True), exclude=["i3", "i251"])
        found.append((collection.count(filter_), collection.facets(filter_), [hit.id for hit in hits]))
    there = [vector is not None for vector in collection.vectors("image", ids)]
    return [found, there, collection.info().items, dict(collection.info().vectors), dict(collection.spec.attributes)]


def assert_alike(one: LocalCollection, other: LocalCollection) -> None:
    """A sealed vector was rounded to float16 once more than a stored one: a component of it may be the next value."""
    assert told(one) == told(other)
    ids = [id_ for id_ in (f"i{n}" for n in range(700)) if one.vectors("image", [id_])[0] is not None]
    np.testing.assert_allclose(*(np.array(each.vectors("image", ids)) for each in (one, other)), atol=2e-3)


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[tuple[LocalStore, LocalStore]]:
    opened = (LocalStore(tmp_path / "sealed", sealing=NEVER), LocalStore(tmp_path / "plain", sealing=NEVER))
    for store in opened:
        collection = store.create(CollectionSpec("shoes", "tiny", "tiny/1", DIMENSION, fields=("image",)))
        collection.upsert([item(n, 99) for n in range(400)])
    yield opened
    for store in opened:
        store.close()


@pytest.mark.parametrize("few", [0, sealed_columns.FEW_VALUES])
def test_sealed_items_tell_what_unsealed_ones_tell(
    stores: tuple[LocalStore, LocalStore], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(sealed_columns, "FEW_VALUES", few)
    sealed, plain = (store.open("shoes") for store in stores)
    for round_ in range(3):
        change(sealed, round_)
        change(plain, round_)
        seal(tmp_path / "sealed" / "shoes", SealOrder(least=100), lambda doing, share: None)
        change(sealed, round_ + 3)
        change(plain, round_ + 3)
        wait_for_snapshot(sealed, round_ + 1)
        assert_alike(sealed, plain)
        with_snapshot = LocalStore(tmp_path / "sealed", mode="read")
        assert_alike(with_snapshot.open("shoes"), plain)
        with_snapshot.close()


def test_a_fresh_process_reads_only_what_changed_since(stores: tuple[LocalStore, LocalStore], tmp_path: Path) -> None:
    seal(tmp_path / "sealed" / "shoes", SealOrder(least=100), lambda doing, share: None)
    collection = stores[0].open("shoes")
    collection.upsert([item(500, 1)])
    collection.patch("i1", {"brand": "b9"})
    reader = LocalStore(tmp_path / "sealed", mode="read")
    ids = reader.open("shoes")._state._items.ids
    assert list(ids.id_of.values()) == ["i500"]  # in dictionaries; the others are mapped
    assert reader.open("shoes").count() == 401
    reader.close()


def test_a_field_too_small_to_be_sealed_keeps_its_vectors(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, sealing=NEVER)
    collection = store.create(CollectionSpec("shoes", "tiny", "tiny/1", DIMENSION))
    vector = np.random.default_rng(1).standard_normal((150, DIMENSION)).astype(np.float32)
    both = [ItemWrite(f"i{n}", "1", vectors={"product": vector[n], "image": vector[n]}) for n in range(50)]
    collection.upsert(both + [ItemWrite(f"i{n}", "1", vectors={"product": vector[n]}) for n in range(50, 150)])
    seal(tmp_path / "shoes", SealOrder(least=100), lambda doing, share: None)
    wait_for_snapshot(collection, 1)
    assert collection.info().vectors == {"image": 50, "product": 150}
    assert [hit.id for hit in collection.search("image", vector[7], 1)] == ["i7"]
    store.close()


def test_a_snapshot_of_a_later_format_is_built_anew(stores: tuple[LocalStore, LocalStore], tmp_path: Path) -> None:
    root = tmp_path / "sealed" / "shoes"
    order = SealOrder(least=100)
    snapshot = seal(root, order, lambda doing, share: None)
    assert snapshot is not None
    SnapshotFiles(root).publish(replace(snapshot, format_version=99))
    with pytest.raises(CorruptError):
        SnapshotFiles(root).read()
    assert seal(root, order, lambda doing, share: None) is not None
    reader = LocalStore(tmp_path / "sealed", mode="read")
    assert_alike(reader.open("shoes"), stores[1].open("shoes"))
    assert reader.open("shoes")._state.snapshot is not None
    reader.close()


def test_a_snapshot_without_items_is_completed(stores: tuple[LocalStore, LocalStore], tmp_path: Path) -> None:
    """As the formats before had none."""
    root = tmp_path / "sealed" / "shoes"
    order = SealOrder(least=100)
    snapshot = seal(root, order, lambda doing, share: None)
    assert snapshot is not None
    SnapshotFiles(root).publish(replace(snapshot, items=None, format_version=2))
    reader = LocalStore(tmp_path / "sealed", mode="read")
    assert_alike(reader.open("shoes"), stores[1].open("shoes"))
    reader.close()
    completed = seal(root, order, lambda doing, share: None)
    assert completed is not None and completed.items is not None
    assert completed.fields["image"].segments == snapshot.fields["image"].segments


@pytest.mark.parametrize("damage", ["flipped", "torn", "gone"])
def test_damage_is_noticed_and_the_catalogue_read_instead(
    stores: tuple[LocalStore, LocalStore], tmp_path: Path, damage: str
) -> None:
    root = tmp_path / "sealed" / "shoes"
    snapshot = seal(root, SealOrder(least=100), lambda doing, share: None)
    assert snapshot is not None and snapshot.items is not None
    folder = SnapshotFiles(root).items(snapshot.items)
    whole = (folder / ARRAYS).read_bytes()
    middle = len(whole) // 2
    flipped = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    if damage == "gone":
        (folder / ARRAYS).unlink()
    else:
        (folder / ARRAYS).write_bytes(flipped if damage == "flipped" else whole[:-10])
    with pytest.raises(CorruptError):
        SealedItems(folder)
    reader = LocalStore(tmp_path / "sealed", mode="read")
    assert_alike(reader.open("shoes"), stores[1].open("shoes"))
    assert reader.open("shoes")._state.snapshot is not None  # its segments are used all the same
    reader.close()
    stores[0].close()
    assert not check(tmp_path / "sealed", CheckOrder("shoes")).is_clean
    assert check(tmp_path / "sealed", CheckOrder("shoes", repair=True)).is_clean
