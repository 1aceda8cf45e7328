"""Flipped and torn bytes in every derived file: noticed, searches stay right, and what is damaged is rebuilt."""

import errno
import json
import os
import random
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from index.errors import CorruptError, StoreError
from index.sealed import snapshot_reader, trust, verification
from index.sealed.builder import SealOrder, seal
from index.sealed.policy import BYTES_A_DIMENSION, HELD, SealPolicy
from index.sealed.sealed_items import SealedItems
from index.sealed.sealed_segment import SealedSegment
from index.sealed.segment_files import DESCRIPTION, FILES, SegmentFiles, sha256_of
from index.sealed.snapshot import SnapshotFiles
from index.sealed.verification import Verification
from index.store import LocalStore
from index.types import ItemWrite, SearchParameters
from tests.integration.index.damage import EXACT, answers, derived_files, flip, opened_answers, tear
from tests.integration.index.made_collection import SPEC, fill, made_items, made_vectors
from tests.integration.index.snapshots import wait_for_snapshot

pytestmark = pytest.mark.usefixtures("one_faiss_thread")

DEFAULT = SearchParameters(recall=1.0)
MEMORY_BYTES = 100 * BYTES_A_DIMENSION * SPEC.dimension // HELD
"""Of 100 rows of damaged segments."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The made collection, sealed twice, so that there are two segments of a field, and changed since. For copies."""
    folder = tmp_path_factory.mktemp("made")
    store = LocalStore(folder)
    fill(store, folder)
    store.open(SPEC.name).upsert(made_items(range(45, 60)))
    assert seal(folder / SPEC.name, SealOrder(least=200), lambda doing, share: None) is not None
    store.open(SPEC.name).delete(["i60", "i310"])
    store.close()
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path, dirs_exist_ok=True)


@pytest.mark.parametrize("damage", [flip, tear])
def test_damage_in_any_derived_file_changes_no_answer(
    folder: Path, damage: Callable[[Path, random.Random], None]
) -> None:
    chance = random.Random(5)
    expected = opened_answers(folder)
    assert len(derived_files(folder)) >= 12
    for path in derived_files(folder):
        whole = path.read_bytes()
        for _ in range(4):
            damage(path, chance)
            assert opened_answers(folder) == expected, path.name
            path.write_bytes(whole)


@pytest.mark.parametrize("damage", [flip, tear])
def test_what_is_damaged_is_sealed_again(folder: Path, damage: Callable[[Path, random.Random], None]) -> None:
    chance = random.Random(6)
    expected = opened_answers(folder)
    for pattern in ("CURRENT", "snapshots/*", "codecs/*", *(f"segments/*/{name}" for name in (*FILES, DESCRIPTION))):
        path = chance.choice(sorted((folder / SPEC.name).glob(pattern)))
        damage(path, chance)
        assert seal(folder / SPEC.name, SealOrder(least=200), lambda doing, share: None) is not None
        reader = snapshot_reader.SnapshotReader(SnapshotFiles(folder / SPEC.name))
        opened = reader.newer()
        assert opened is not None and not opened.incomplete
        assert opened_answers(folder) == expected, path.name


def test_only_the_damaged_segment_is_left_out(folder: Path) -> None:
    path = next(path for path in derived_files(folder) if path.name == "lists.faiss")
    tear(path, random.Random(1))
    opened = snapshot_reader.SnapshotReader(SnapshotFiles(folder / SPEC.name)).newer()
    assert opened is not None
    assert sum(len(views) for views in opened.views.values()) == len(segments_of(folder)) - 1


def test_every_vector_is_searched_once_whatever_is_sealed(tmp_path: Path) -> None:
    """One field is sealed and the other has too few vectors for it; then a segment is torn."""
    store = LocalStore(tmp_path)
    fill(store, tmp_path)
    collection = store.open(SPEC.name)
    stored = {
        field: sum(vector is not None for vector in collection.vectors(field, list(collection.ids())))
        for field in SPEC.fields
    }
    assert stored["image"] < stored["product"] == collection.count()
    store.close()
    for _ in range(2):
        store = LocalStore(tmp_path, mode="read")
        assert store.open(SPEC.name).info().vectors == stored
        for field, count in stored.items():
            hits = store.open(SPEC.name).search(field, made_vectors(1, 3)[0], 1000, None, EXACT)
            assert len({hit.id for hit in hits}) == len(hits) == count
        store.close()
        tear(next((tmp_path / SPEC.name / "segments").glob("*/rows.u32")), random.Random(4))


def segments_of(folder: Path) -> list[str]:
    snapshot = SnapshotFiles(folder / SPEC.name).read()
    assert snapshot is not None
    return [name for sealed in snapshot.fields.values() for name in sealed.segments]


def test_damage_to_the_vectors_is_found_in_service_and_repaired(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trust, "AT_ONCE_BYTES", 0)
    monkeypatch.setattr(verification, "LOOK_S", 0.01)
    store = LocalStore(tmp_path)
    fill(store, tmp_path)
    expected = answers(store)
    store.close()
    damaged = segments_of(tmp_path)
    for name in damaged:
        path = tmp_path / SPEC.name / "segments" / name / "vectors.f16"
        path.write_bytes(bytes(path.stat().st_size))
    store = LocalStore(tmp_path, sealing=SealPolicy(least=200))
    collection = store.open(SPEC.name)
    collection.patch("i8", {"brand": "changed"})  # from now on there is somebody who seals
    state = collection._state
    with state._changed:
        assert state._changed.wait_for(
            lambda: state.snapshot is not None and not set(segments_of(tmp_path)) & set(damaged), 60
        )
    assert answers(store) == expected
    store.close()


@pytest.mark.parametrize("pattern", ["segments/product-*/lists.faiss", "CURRENT", "snapshots/*"])
def test_more_lost_rows_than_memory_holds_are_left_out_until_they_are_sealed_again(
    folder: Path, caplog: pytest.LogCaptureFixture, pattern: str
) -> None:
    expected = opened_answers(folder)
    for path in (folder / SPEC.name).glob(pattern):
        tear(path, random.Random(3))
    store = LocalStore(folder, sealing=SealPolicy(least=200, memory_bytes=MEMORY_BYTES))
    collection = store.open(SPEC.name)
    left_out = collection.info().index.left_out["product"]
    assert left_out > 0
    assert collection.info().vectors["product"] == collection.count() - left_out
    assert f"{left_out} vectors of 'product'" in caplog.text
    collection.tend()
    state = collection._state
    with state._changed:
        assert state._changed.wait_for(lambda: not state._left_out, 60)
    assert collection.info().index.left_out == {}
    assert answers(store) == expected
    store.close()


def test_a_snapshot_that_is_replaced_while_it_is_read_is_no_damage(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A builder publishes, and sweeps, between the reading of `CURRENT` and of what it names."""
    described = SnapshotFiles.description

    def late(files: SnapshotFiles, number: int) -> Path:
        path = described(files, number)
        with monkeypatch.context() as patch:
            patch.setattr(SnapshotFiles, "description", described)
            if number == 2:
                order = SealOrder(least=200, measure=True)
                assert seal(folder / SPEC.name, order, lambda doing, share: None) is not None
        return path

    monkeypatch.setattr(SnapshotFiles, "description", late)
    with closing(LocalStore(folder, mode="read")) as store:
        collection = store.open(SPEC.name)
        assert collection.info().index.snapshot == 3
        assert collection.info().index.fields["product"].vectors > 0
    assert "cannot be read" not in caplog.text and "is missing" not in caplog.text


@pytest.mark.parametrize("cause", [OSError(errno.EMFILE, "…"), RuntimeError("could not open: Too many open files")])
def test_a_process_without_file_handles_takes_no_segment_for_damaged(
    folder: Path, cause: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(root: Path, on_card: bool) -> SealedSegment:
        raise CorruptError(f"segment {root.name} cannot be opened") from cause

    store = LocalStore(folder)
    collection = store.open(SPEC.name)
    with monkeypatch.context() as patch:
        patch.setattr(snapshot_reader, "open_segment", lacking)
        patch.setattr(snapshot_reader, "RETRY_S", 0.1)
        collection.upsert(made_items(range(10, 30)))
        assert seal(folder / SPEC.name, SealOrder(least=200), lambda doing, share: None) is not None
        collection.patch("i11", {"brand": "changed"})  # done, and seen, though the new snapshot cannot be opened
        assert collection.get(["i11"])[0].attributes["brand"] == "changed"  # type: ignore[union-attr]
        assert collection._state.snapshot is not None and collection._state.snapshot.number == 2
        with pytest.raises(StoreError, match="nothing is damaged"):
            LocalStore(folder, mode="read").open(SPEC.name)
    assert not list(folder.glob(f"{SPEC.name}/segments/*/damaged*"))
    wait_for_snapshot(collection, 3)
    assert answers(store) == opened_answers(folder)
    store.close()


def test_without_file_handles_for_the_items_nothing_is_read_instead(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(root: Path) -> SealedItems:
        raise CorruptError("the sealed items cannot be read") from OSError(errno.EMFILE, "…")

    with monkeypatch.context() as patch:
        patch.setattr(snapshot_reader, "SealedItems", lacking)
        with pytest.raises(StoreError, match="nothing is damaged"):
            LocalStore(folder, mode="read").open(SPEC.name)


def test_the_reading_in_the_background_waits_for_file_handles(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lacked = threading.Event()

    def lacking(verifier: Verification, files: SegmentFiles, name: str) -> str:
        if not lacked.is_set():
            lacked.set()
            raise CorruptError(f"{name} cannot be read") from OSError(errno.EMFILE, "…")
        return sha256_of(files.root / name)

    monkeypatch.setattr(Verification, "_checksum", lacking)
    monkeypatch.setattr(verification, "LOOK_S", 0.01)
    monkeypatch.setattr(verification, "RETRY_S", 0.01)
    store = LocalStore(folder)
    reader = store.open(SPEC.name)._sealed
    assert lacked.wait(30)
    while reader.unverified():
        time.sleep(0.01)
    assert not reader._damaged
    store.close()


@pytest.mark.parametrize("path", ["lists.faiss", "rows.u32"])
def test_a_stamp_saves_the_reading_until_a_file_changes(
    folder: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LocalStore(folder)
    expected = answers(store)
    (name,) = [name for name in segments_of(folder) if name.startswith("product")][:1]
    segment = folder / SPEC.name / "segments" / name
    assert not (segment / trust.STAMP).exists()
    store.close()
    assert set(json.loads((segment / trust.STAMP).read_text())) >= set(trust.BEFORE_OPENING)
    read: list[str] = []
    whole_verify = trust.SegmentFiles.verify
    monkeypatch.setattr(
        trust.SegmentFiles,
        "verify",
        lambda self, description, names: read.extend(names) or whole_verify(self, description, names),
    )
    assert opened_answers(folder) == expected
    assert "lists.faiss" not in read and "rows.u32" not in read
    status = (segment / path).stat()
    flip(segment / path, random.Random(2))
    os.utime(segment / path, ns=(status.st_atime_ns, status.st_mtime_ns))  # the change time stays behind
    assert opened_answers(folder) == expected
    assert path in read


def test_a_thumbnail_that_is_damaged_counts_as_missing(folder: Path) -> None:
    store = LocalStore(folder)
    collection = store.open(SPEC.name)
    kept = collection.thumbnail("i50")
    assert kept is not None
    for path in (folder / SPEC.name / "thumbnails").glob("*/*"):
        flip(path, random.Random(3))
    assert collection.thumbnail("i50") is None
    collection.upsert([ItemWrite("i50", "content 50", thumbnail=kept)])
    assert collection.thumbnail("i50") == kept
    store.close()
