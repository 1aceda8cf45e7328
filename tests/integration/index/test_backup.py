"""Backups of a collection that is written meanwhile, and what comes back from them."""

import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from index.backup import BackupOrder, RestoreOrder, back_up, restore, sealed_copy
from index.backup import backup as backup_module
from index.backup.backup import BackupReport
from index.backup.point import Repository
from index.backup.reading import lines
from index.backup.restore import RestoreReport
from index.catalog_connection import connect
from index.checking import CheckOrder, check
from index.collection_files import draft, remove_leftovers
from index.errors import (
    CollectionExistsError,
    CollectionLockedError,
    CollectionNameError,
    CollectionNotFoundError,
    CorruptError,
    StoreError,
)
from index.pictures import PREFIX, PictureStore, in_use
from index.sealed.builder import SealOrder, seal
from index.store import LocalStore
from index.types import ItemWrite, SearchParameters
from tests.integration.index import whole_batches
from tests.integration.index.made_collection import SPEC, fill, made_items, made_vectors

pytestmark = pytest.mark.usefixtures("one_faiss_thread")

EXACT, DEFAULT = SearchParameters(exact=True), SearchParameters()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    opened = LocalStore(tmp_path / "data")
    fill(opened, tmp_path / "data")
    yield opened
    opened.close()


def taken(tmp_path: Path, keep: int | None = None) -> BackupReport:
    return back_up(tmp_path / "data", BackupOrder(SPEC.name, tmp_path / "backups", keep))


def restored(
    tmp_path: Path, target: str = "again", point: int | None = None, skip_damaged: bool = False
) -> RestoreReport:
    order = RestoreOrder(tmp_path / "backups", SPEC.name, target, point, skip_damaged)
    return restore(tmp_path / "data", order)


def answers(store: LocalStore, name: str) -> list[object]:
    """Everything but the rows' numbers of change: hits and cosines, exact and not, items, files."""
    collection = store.open(name)
    ids = list(collection.ids())
    found: list[object] = [ids, collection.get(ids), collection.facets(), collection.sequence]
    found += [(collection.picture(id_), collection.thumbnail(id_)) for id_ in ids]
    for query in made_vectors(5, 9):
        for field in SPEC.fields:
            for params in (EXACT, DEFAULT):
                found.append([(hit.id, hit.cosine) for hit in collection.search(field, query, 20, None, params)])
    return found


def objects(tmp_path: Path) -> set[str]:
    return {path.name for path in (tmp_path / "backups" / SPEC.name / "objects").glob("*/*")}


def test_a_restored_collection_answers_equally_and_takes_writes(store: LocalStore, tmp_path: Path) -> None:
    expected = answers(store, SPEC.name)
    taken(tmp_path)
    store.open(SPEC.name).delete(["i50", "i100"])
    restored(tmp_path)
    assert answers(store, "again") == expected
    snapshot = store.open("again")._state.snapshot
    assert snapshot is not None, "the sealed side came along"
    assert store.open("again").spec.name == "again"
    store.open("again").upsert(made_items(range(40, 45)))
    assert store.open("again").count() == len(expected[0]) + 5  # type: ignore[arg-type]
    assert store.open(SPEC.name).count() == len(expected[0]) - 2  # type: ignore[arg-type]


def test_what_is_there_already_is_not_stored_again(store: LocalStore, tmp_path: Path) -> None:
    first = taken(tmp_path)
    assert first.stored_bytes > 100_000
    assert taken(tmp_path).stored_bytes == 0
    store.open(SPEC.name).upsert([ItemWrite("new", "new", picture=b"new picture")])
    catalogue = first.point.catalog.bytes
    third = taken(tmp_path)
    assert len(b"new picture") < third.stored_bytes <= catalogue + 10_000  # neither pictures nor segments


def test_only_the_pieces_that_changed_are_stored(
    store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.backup.objects.PIECE", 4096)
    first = taken(tmp_path)
    store.open(SPEC.name).patch("i7", {"brand": "again"})
    assert 0 < taken(tmp_path).stored_bytes < first.point.catalog.bytes / 3


def test_points_are_kept_and_pruned(store: LocalStore, tmp_path: Path) -> None:
    contents = []
    for number in range(4):
        store.open(SPEC.name).upsert([ItemWrite("new", f"{number}", picture=b"%d" % number)])
        contents.append(answers(store, SPEC.name))
        taken(tmp_path, keep=2)
    repository = Repository(tmp_path / "backups" / SPEC.name)
    assert repository.numbers() == [3, 4]
    assert hashlib.sha256(b"1").hexdigest() not in objects(tmp_path)
    restored(tmp_path, "three", 3)
    restored(tmp_path, "four")
    assert answers(store, "three") == contents[2]
    assert answers(store, "four") == contents[3]
    with pytest.raises(CollectionNotFoundError, match="there are: 3, 4"):
        restored(tmp_path, "two", 2)


def test_a_restored_history_is_another_one(store: LocalStore, tmp_path: Path) -> None:
    """The same name and sequence, other content: nothing may be taken for unchanged."""
    taken(tmp_path)
    store.open(SPEC.name).patch("i7", {"brand": "one way"})
    taken(tmp_path)
    store.drop(SPEC.name)
    restored(tmp_path, SPEC.name, 1)
    store.open(SPEC.name).patch("i7", {"brand": "another way"})
    taken(tmp_path)
    restored(tmp_path)
    (item,) = store.open("again").get(["i7"])
    assert item is not None and item.attributes["brand"] == "another way"


def test_every_damaged_object_is_noticed(store: LocalStore, tmp_path: Path) -> None:
    point = taken(tmp_path).point
    folder = tmp_path / "backups" / SPEC.name / "objects"
    derived = {piece for file in point.sealed for piece in file.pieces}
    thumbnails = set(lines(Repository(folder.parent).objects, point.thumbnails))
    expected = answers(store, SPEC.name)
    for name in sorted(objects(tmp_path)):
        path = folder / name[:2] / name
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2] + bytes([whole[len(whole) // 2] ^ 8]) + whole[len(whole) // 2 + 1 :])
        if name in derived:
            restored(tmp_path)
            assert answers(store, "again")[:4] == expected[:4]
            assert store.open("again")._state.snapshot is None
            store.drop("again")
        elif name in thumbnails:
            assert restored(tmp_path).lost_thumbnails == 1
            store.drop("again")
        else:
            with pytest.raises(CorruptError, match=name):
                restored(tmp_path)
        path.write_bytes(whole)
    assert [path.name for path in (tmp_path / "data").iterdir()] == [SPEC.name]


def test_a_damaged_picture_costs_that_picture_where_it_may(store: LocalStore, tmp_path: Path) -> None:
    taken(tmp_path)
    (ref,) = (item.picture_ref for item in store.open(SPEC.name).get(["i50"]) if item)
    damage(tmp_path, (ref or "").removeprefix(PREFIX))
    with pytest.raises(CorruptError, match="--skip-damaged"):
        restored(tmp_path)
    assert restored(tmp_path, skip_damaged=True).lost_pictures == 1
    again = store.open("again")
    assert again.picture("i50") is None
    assert again.picture("i100") == store.open(SPEC.name).picture("i100")


def test_a_backup_that_verifies_mends_what_is_damaged_in_the_folder(store: LocalStore, tmp_path: Path) -> None:
    expected = answers(store, SPEC.name)
    point = taken(tmp_path).point
    picture = next(lines(Repository(tmp_path / "backups" / SPEC.name).objects, point.pictures))
    damaged = [picture, point.catalog.pieces[0], point.sealed[0].pieces[0]]
    sizes = [damage(tmp_path, name) for name in damaged]
    assert taken(tmp_path).stored_bytes == 0
    mending = back_up(tmp_path / "data", BackupOrder(SPEC.name, tmp_path / "backups", verify=True))
    assert mending.stored_bytes == sum(sizes)
    restored(tmp_path)
    assert answers(store, "again") == expected


def damage(tmp_path: Path, name: str) -> int:
    """One bit of an object; how large that is."""
    path = tmp_path / "backups" / SPEC.name / "objects" / name[:2] / name
    whole = path.read_bytes()
    path.write_bytes(bytes([whole[0] ^ 8]) + whole[1:])
    return len(whole)


@pytest.mark.parametrize("at", [10, 200, -5])
def test_a_damaged_manifest_is_refused(store: LocalStore, tmp_path: Path, at: int) -> None:
    taken(tmp_path)
    (path,) = (tmp_path / "backups" / SPEC.name / "points").iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at:][1:])
    with pytest.raises(CorruptError, match="cannot be read"):
        restored(tmp_path)
    assert taken(tmp_path).point.number == 2
    restored(tmp_path)


def test_nothing_is_overwritten(store: LocalStore, tmp_path: Path) -> None:
    taken(tmp_path)
    with pytest.raises(CollectionExistsError, match="another name"):
        restored(tmp_path, SPEC.name)
    with pytest.raises(CollectionNameError):
        restored(tmp_path, "../outside")
    with pytest.raises(CollectionNotFoundError):
        restore(tmp_path / "data", RestoreOrder(tmp_path / "backups", "nobody"))
    with pytest.raises(CollectionNotFoundError):
        back_up(tmp_path / "data", BackupOrder("nobody", tmp_path / "backups"))


def test_a_restore_that_takes_its_time_is_no_leftover(store: LocalStore, tmp_path: Path) -> None:
    with draft(tmp_path / "data", "slow") as made:
        os.utime(made.root, (0, 0))
        remove_leftovers(tmp_path / "data")
        assert made.root.exists()
    left = tmp_path / "data" / ".creating-killed-1"
    left.mkdir()
    os.utime(left, (0, 0))
    remove_leftovers(tmp_path / "data")
    assert not left.exists()


def test_pictures_stay_during_a_backup(store: LocalStore, tmp_path: Path) -> None:
    pictures = PictureStore(tmp_path / "data" / SPEC.name)
    with in_use(tmp_path / "data" / SPEC.name):
        assert pictures.sweep(lambda: ([], []), age_s=-1.0) == 0
    assert pictures.sweep(lambda: ([], []), age_s=-1.0) > 0


def test_a_folder_that_cannot_be_made_is_named(store: LocalStore, tmp_path: Path) -> None:
    (tmp_path / "backups").write_text("a file")
    with pytest.raises(StoreError, match=r"backups/.* for backups cannot be made"):
        taken(tmp_path)


def test_one_backup_at_a_time(store: LocalStore, tmp_path: Path) -> None:
    repository = Repository(tmp_path / "backups" / SPEC.name)
    with repository.locked(exclusive=True), pytest.raises(CollectionLockedError):
        taken(tmp_path)
    taken(tmp_path)


def test_an_interrupted_backup_goes_on(store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> object:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(backup_module, "_thumbnails", interrupted)
        with pytest.raises(KeyboardInterrupt):
            taken(tmp_path)
    there = objects(tmp_path)
    assert there
    with pytest.raises(CollectionNotFoundError):
        restored(tmp_path)
    report = taken(tmp_path)
    assert report.stored_bytes < 10_000, "only what was not there yet"
    assert there <= objects(tmp_path)
    assert not list((tmp_path / "backups" / SPEC.name).glob(".*"))
    restored(tmp_path)
    assert answers(store, "again") == answers(store, SPEC.name)


def test_what_a_repair_changed_is_copied_again(store: LocalStore, tmp_path: Path) -> None:
    store.close()
    catalog = tmp_path / "data" / SPEC.name / "catalog.sqlite"
    with closing(connect(catalog, writable=True)) as connection:
        connection.execute("UPDATE items SET text = 'something quite different' WHERE id = 'i7'")
    taken(tmp_path)
    order = CheckOrder(SPEC.name, repair=True)
    assert check(tmp_path / "data", order).repaired
    taken(tmp_path)
    restored(tmp_path)
    assert check(tmp_path / "data", CheckOrder("again")).is_clean


def test_pictures_that_the_collection_lost_are_told(store: LocalStore, tmp_path: Path) -> None:
    gone, flipped = sorted((tmp_path / "data" / SPEC.name / "pictures").glob("*/*"))[:2]
    gone.unlink()
    flipped.write_bytes(b"something else")
    point = taken(tmp_path).point
    assert set(point.missing) == {f"sha256:{gone.name}", f"sha256:{flipped.name}"}
    restored(tmp_path)
    assert store.open("again").count() == store.open(SPEC.name).count()


def test_a_snapshot_that_is_replaced_while_it_is_opened_is_not_mixed_with_the_next(
    store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sealed_meanwhile(root: Path) -> Iterator[str]:
        monkeypatch.setattr(sealed_copy, "_paths", paths_of)
        *others, current = paths_of(root)
        yield from others  # which are open from here on
        assert seal(root, SealOrder(least=200), lambda doing, share: None) is not None
        yield current

    paths_of = sealed_copy._paths
    store.open(SPEC.name).upsert(made_items(range(45, 60)))
    monkeypatch.setattr(sealed_copy, "_paths", sealed_meanwhile)
    with sealed_copy.open_sealed(tmp_path / "data" / SPEC.name) as copy:
        number = copy.opened["CURRENT"].read().split()[0].decode()
        (described,) = [path for path in copy.opened if path.startswith("snapshots/")]
    assert int(number) == int(Path(described).stem) == 2


def test_a_backup_during_a_seal_and_its_sweep_is_whole(store: LocalStore, tmp_path: Path) -> None:
    """The builder replaces the snapshot while its files are copied."""
    sealed = threading.Event()

    def meanwhile(doing: str) -> None:
        if doing.startswith("copying segments") and not sealed.is_set():
            sealed.set()
            store.open(SPEC.name).upsert(made_items(range(40, 45)))
            assert seal(tmp_path / "data" / SPEC.name, SealOrder(least=10), lambda doing, share: None) is not None

    expected = answers(store, SPEC.name)
    back_up(tmp_path / "data", BackupOrder(SPEC.name, tmp_path / "backups"), meanwhile)
    assert sealed.is_set()
    restored(tmp_path)
    assert answers(store, "again") == expected
    assert store.open("again")._state.snapshot is not None


def test_a_live_collection_is_copied_as_it_was_at_one_commit(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "data")
    collection = store.create(whole_batches.SPEC)
    collection.upsert(whole_batches.batch(0))
    stopped = threading.Event()

    def write() -> None:
        number = 1
        while not stopped.is_set():
            collection.upsert(whole_batches.batch(number))
            number += 1

    writing = threading.Thread(target=write)
    writing.start()
    try:
        for number in range(8):
            back_up(tmp_path / "data", BackupOrder(whole_batches.SPEC.name, tmp_path / "backups", 3))
            order = RestoreOrder(tmp_path / "backups", whole_batches.SPEC.name, f"again-{number}")
            restore(tmp_path / "data", order)
            whole_batches.check_whole(store.open(f"again-{number}"))
    finally:
        stopped.set()
        writing.join()
    assert len({store.open(f"again-{number}").sequence for number in range(8)}) > 1
    store.close()
