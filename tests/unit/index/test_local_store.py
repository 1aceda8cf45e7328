"""What is the local store's own: modes, locks, leftovers, sweeps, damage, a full disk."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from pyroaring import BitMap

from index import LocalStore, collection_writer
from index.attribute_columns import PostingsColumn
from index.catalog_connection import connect
from index.collection import LocalCollection
from index.collection_files import discard
from index.errors import (
    CollectionLockedError,
    CollectionNotFoundError,
    CorruptError,
    ReadOnlyError,
    SequenceTimeoutError,
    StorageFullError,
)
from index.types import Filter, Scalar
from tests.contracts.collection_store.items import EAST, NORTH, SPEC, with_content, write

LONG_AGO = time.time() - 3600


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    made = LocalStore(tmp_path, owner="http://127.0.0.1:8000")
    yield made
    made.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[LocalStore]:
    """Another process's store, as far as the lock can tell."""
    made = LocalStore(tmp_path)
    yield made
    made.close()


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[LocalStore]:
    made = LocalStore(tmp_path, mode="read")
    yield made
    made.close()


def test_a_collection_is_the_same_after_it_was_closed(store: LocalStore, tmp_path: Path) -> None:
    collection = store.create(SPEC)
    collection.upsert([replace(write(f"i{n}", EAST, NORTH, {"brand": f"b{n}"}), picture=b"p") for n in range(5)])
    collection.delete(["i2"])
    before = collection.info(), collection.get(["i1"]), collection.search("image", EAST, 9), collection.facets()
    store.close()
    again = LocalStore(tmp_path).open("shoes")
    after = again.info(), again.get(["i1"]), again.search("image", EAST, 9), again.facets()
    assert replace(after[0], memory_bytes=0, disk_bytes=0) == replace(before[0], memory_bytes=0, disk_bytes=0)
    assert after[1:] == before[1:]
    assert again.picture("i1") == b"p"
    again.close()


def test_a_reader_never_writes(store: LocalStore, reader: LocalStore) -> None:
    store.create(SPEC)
    collection = reader.open("shoes")
    assert not collection.info().writable
    for act in (
        lambda: collection.upsert([write("a")]),
        lambda: collection.delete(["a"]),
        lambda: collection.delete_matching(Filter()),
        lambda: collection.patch("a", {}),
        lambda: collection.keep_queries("image", "text", "log", EAST[None]),
        lambda: collection.correct_hubness("image", EAST[None], 1, 0.5),
        lambda: collection.forget_hubness("image"),
        lambda: reader.create(SPEC),
        lambda: reader.drop("shoes"),
    ):
        with pytest.raises(ReadOnlyError):
            act()


def test_a_reader_of_nothing(tmp_path: Path) -> None:
    reader = LocalStore(tmp_path / "none", mode="read")
    assert list(reader.names()) == []
    assert not (tmp_path / "none").exists()


def test_a_reader_follows(store: LocalStore, reader: LocalStore) -> None:
    collection, follower = store.create(SPEC), reader.open("shoes")
    sequence = collection.upsert([write("a", EAST)]).sequence
    follower.wait_for(sequence, timeout_s=10)
    assert [hit.id for hit in follower.search("image", EAST, 5)] == ["a"]
    with pytest.raises(SequenceTimeoutError):
        follower.wait_for(sequence + 1, timeout_s=0.01)


def test_the_lock_is_taken_by_the_first_write_and_kept_until_closed(store: LocalStore, other: LocalStore) -> None:
    mine, theirs = store.create(SPEC), other.open("shoes")
    theirs.upsert([write("a", EAST)])
    with pytest.raises(CollectionLockedError):
        mine.upsert([write("b", EAST)])
    theirs.close()
    sequence = mine.upsert([write("b", EAST)]).sequence
    assert sequence == 2
    again = other.open("shoes")
    with pytest.raises(CollectionLockedError) as raised:
        again.delete(["a"])
    assert raised.value.owner == "http://127.0.0.1:8000"
    assert [hit.id for hit in again.search("image", EAST, 5)] == ["a", "b"]


def test_a_locked_collection_cannot_be_dropped(store: LocalStore, other: LocalStore) -> None:
    store.create(SPEC).upsert([write("a", EAST)])
    with pytest.raises(CollectionLockedError):
        other.drop("shoes")
    assert other.open("shoes").count() == 1


def test_another_process_s_drop_is_noticed(store: LocalStore, other: LocalStore) -> None:
    collection = store.create(SPEC)
    other.drop("shoes")
    with pytest.raises(CollectionNotFoundError):
        store.open("shoes")
    other.create(SPEC).upsert([write("new", EAST)])
    other.open("shoes").close()
    with pytest.raises(CollectionNotFoundError):
        collection.upsert([write("old", EAST)])
    assert list(store.open("shoes").ids()) == ["new"]


def test_what_another_process_dropped_is_closed_by_whoever_lists_what_there_is(
    store: LocalStore, other: LocalStore
) -> None:
    collection = store.create(SPEC)
    other.create(replace(SPEC, name="boots"))
    other.drop("shoes")
    assert store.names() == ["boots"]
    with pytest.raises(CollectionNotFoundError, match="closed or dropped"):
        collection.search("image", EAST, 1)


def test_a_stale_handle_never_writes_into_the_collection_made_anew(store: LocalStore, other: LocalStore) -> None:
    stale = store.create(SPEC)
    other.drop("shoes")
    other.create(SPEC)
    with pytest.raises(CollectionNotFoundError):
        stale.upsert([write("old", EAST)])
    assert other.open("shoes").count() == 0


def test_old_leftovers_of_creating_and_dropping_are_removed(tmp_path: Path) -> None:
    for name in (".creating-a-1", ".dropped-b-2", ".other-c"):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (LONG_AGO, LONG_AGO))
    (tmp_path / ".creating-young-3").mkdir()
    LocalStore(tmp_path).close()
    assert sorted(path.name for path in tmp_path.iterdir()) == [".creating-young-3", ".other-c"]


def test_creating_leaves_nothing_but_the_collection(store: LocalStore, tmp_path: Path) -> None:
    store.create(SPEC)
    store.create(SPEC)
    assert [path.name for path in tmp_path.iterdir()] == ["shoes"]
    store.drop("shoes")
    assert list(tmp_path.iterdir()) == []


def test_pictures_nobody_refers_to_are_swept_by_the_next_writer(store: LocalStore, tmp_path: Path) -> None:
    collection = store.create(SPEC)
    collection.upsert([replace(write(f"i{n}", EAST), picture=b"%d" % n, thumbnail=b"t%d" % n) for n in range(2)])
    collection.delete(["i0"])
    store.close()
    files = [path for path in tmp_path.glob("shoes/*/*/*") if path.is_file()]
    assert len(files) == 4
    for path in files:
        os.utime(path, (LONG_AGO, LONG_AGO))
    again = LocalStore(tmp_path)
    again.open("shoes").upsert([write("i2", EAST)])
    assert len([path for path in tmp_path.glob("shoes/*/*/*") if path.is_file()]) == 2
    assert (again.open("shoes").picture("i1"), again.open("shoes").thumbnail("i1")) == (b"1", b"t1")
    again.close()


def test_a_server_sweeps_pictures_now_and_then(
    store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = store.create(SPEC)
    collection.upsert([replace(write(f"i{n}", EAST), picture=b"%d" % n) for n in range(2)])
    collection.delete(["i0"])
    for path in tmp_path.glob("shoes/pictures/*/*"):
        os.utime(path, (LONG_AGO, LONG_AGO))
    collection.tend()
    assert len(list(tmp_path.glob("shoes/pictures/*/*"))) == 2, "it looked a moment ago"
    monkeypatch.setattr(collection_writer, "SWEEP_EVERY_S", 0.0)
    collection.tend()
    assert [path.read_bytes() for path in tmp_path.glob("shoes/pictures/*/*")] == [b"1"]
    assert collection.picture("i1") == b"1"


def test_names_that_the_sweep_does_not_know_keep_nobody_from_writing(store: LocalStore, tmp_path: Path) -> None:
    store.create(SPEC).upsert([replace(write("a", EAST), picture_ref="-1")])
    store.close()
    again = LocalStore(tmp_path)
    again.open("shoes").upsert([write("b", EAST)])
    again.close()


def test_a_sweep_that_fails_keeps_nobody_from_writing(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(path: Path) -> None:
        raise PermissionError(1, "not permitted")

    collection = store.create(SPEC)
    monkeypatch.setattr(Path, "glob", lambda self, pattern: broken(self))
    collection.upsert([write("a", EAST)])
    assert "pictures that nothing refers to stay in collection 'shoes'" in caplog.text


def test_a_number_that_is_too_large_today_may_stay(store: LocalStore, tmp_path: Path) -> None:
    collection = store.create(SPEC)
    collection.upsert([write("a", EAST, attributes={"serial": 1, "price": 2})])
    with closing(connect(tmp_path / "shoes" / "catalog.sqlite", writable=True)) as connection:
        connection.execute("UPDATE items SET attributes = ?", (f'{{"price":2,"serial":{2**60}}}',))
    collection.patch("a", {"price": 3})
    (item,) = collection.get(["a"])
    assert item is not None and item.attributes == {"price": 3, "serial": 2**60}


def test_facets_are_counted_while_others_search_and_write(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    collection, counting, counted = store.create(SPEC), Event(), Event()
    collection.upsert([write("a", EAST, attributes={"brand": "acme"})])

    def slow(column: PostingsColumn, among: BitMap) -> Counter[Scalar]:
        counting.set()
        assert counted.wait(30)
        return quick(column, among)

    quick = PostingsColumn.counts
    monkeypatch.setattr(PostingsColumn, "counts", slow)
    with ThreadPoolExecutor(1) as pool:
        facets = pool.submit(collection.facets, keys=["brand"])
        assert counting.wait(30)
        collection.upsert([write("b", EAST, attributes={"brand": "best"})])
        assert len(collection.search("image", EAST, 5)) == 2
        counted.set()
        assert facets.result()[0].counts == (("acme", 1),)


def test_a_policy_of_no_pictures_keeps_none(store: LocalStore) -> None:
    collection = store.create(replace(SPEC, pictures="none"))
    collection.upsert([replace(write("a", EAST), picture=b"p", picture_ref="shop/a.jpg", thumbnail=b"t")])
    assert (collection.picture("a"), collection.thumbnail("a")) == (None, b"t")
    item = collection.get(["a"])[0]
    assert item is not None
    assert item.picture_ref == "shop/a.jpg"


def test_disk_bytes_grow_with_what_is_kept(store: LocalStore) -> None:
    collection = store.create(SPEC)
    before = collection.info().disk_bytes
    collection.upsert([replace(write("a", EAST), picture=b"p" * 100_000)])
    assert collection.info().disk_bytes >= before + 100_000
    assert collection.info().memory_bytes > 0


def test_a_damaged_catalogue_is_said_to_be_corrupt(store: LocalStore, tmp_path: Path) -> None:
    store.create(SPEC)
    store.close()
    catalog = tmp_path / "shoes" / "catalog.sqlite"
    catalog.write_bytes(b"\xff" * catalog.stat().st_size)
    with pytest.raises(CorruptError):
        store.open("shoes")


def test_a_full_disk_changes_nothing_and_passes(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    collection = store.create(SPEC)
    collection.upsert([write("a", EAST)])

    def full(files: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("index.pictures.place_durably", full)
        with pytest.raises(StorageFullError):
            collection.upsert([with_content(replace(write("a", NORTH), picture=b"p"), "other")])
    assert [hit.cosine for hit in collection.search("image", EAST, 1)] == pytest.approx([1], abs=1e-3)
    assert collection.upsert([with_content(write("a", NORTH), "other")]).results[0].status == "updated"


def test_waiting_on_a_collection_that_closes_ends(store: LocalStore) -> None:
    collection = store.create(SPEC)
    collection.close()
    collection.close()
    with pytest.raises(CollectionNotFoundError):
        collection.wait_for(99, timeout_s=60)


def test_loading_one_collection_holds_no_other_up(
    store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.create(SPEC)
    LocalStore(tmp_path).create(replace(SPEC, name="slow")).close()
    begun, go_on = Event(), Event()

    class SlowCollection(LocalCollection):
        def __init__(self, *arguments: Any) -> None:
            begun.set()
            assert go_on.wait(30)
            super().__init__(*arguments)

    monkeypatch.setattr("index.store.LocalCollection", SlowCollection)
    with ThreadPoolExecutor(3) as pool:
        loading = [pool.submit(store.open, "slow") for _ in range(2)]
        assert begun.wait(30)
        try:
            assert pool.submit(store.open, "shoes").result(timeout=30).count() == 0
        finally:
            go_on.set()
    assert loading[0].result() is loading[1].result()


def test_deleting_the_files_of_a_drop_holds_nobody_up(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.create(SPEC)
    begun, go_on = Event(), Event()

    def slow(doomed: Path) -> None:
        begun.set()
        assert go_on.wait(30)
        discard(doomed)

    monkeypatch.setattr("index.store.discard", slow)
    with ThreadPoolExecutor(2) as pool:
        dropping = pool.submit(store.drop, "shoes")
        assert begun.wait(30)
        try:
            assert pool.submit(store.create, SPEC).result(timeout=30).count() == 0
        finally:
            go_on.set()
        dropping.result()
    assert list(store.names()) == ["shoes"]


def test_stores_that_create_at_once_share_one_collection(tmp_path: Path) -> None:
    stores = [LocalStore(tmp_path) for _ in range(8)]
    with ThreadPoolExecutor(len(stores)) as pool:
        created = list(pool.map(lambda store: store.create(SPEC), stores))
    created[0].upsert([write("a", EAST)])
    for collection in created:
        collection.wait_for(1, timeout_s=10)
    assert [path.name for path in tmp_path.iterdir()] == ["shoes"]
    for store in stores:
        store.close()
