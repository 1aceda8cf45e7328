"""The check finds what is wrong, says it in a sentence, repairs what is derived, and leaves the truth alone."""

import random
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from index.catalog_connection import connect
from index.checking import CheckOrder, CheckReport, check
from index.collection_files import CollectionFiles, folders_in
from index.errors import CollectionLockedError, CollectionNotFoundError
from index.sealed.builder import SealOrder, seal
from index.sealed.policy import SealPolicy
from index.sealed.snapshot import SnapshotFiles
from index.store import LocalStore
from index.types import SearchParameters
from index.writer_lock import WriterLock
from tests.integration.index.damage import answers, derived_files, flip, opened_answers, tear
from tests.integration.index.made_collection import SPEC, fill, made_vectors

pytestmark = pytest.mark.usefixtures("one_faiss_thread")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store = LocalStore(tmp_path)
    fill(store, tmp_path)
    store.close()
    return tmp_path


def checked(folder: Path, repair: bool = False) -> CheckReport:
    return check(folder, CheckOrder(SPEC.name, repair, lambda picture: b"small " + picture))


def alter(folder: Path, statement: str) -> None:
    with closing(connect(folder / SPEC.name / "catalog.sqlite", writable=True)) as connection:
        connection.execute(statement)


def test_a_whole_collection_is_clean(folder: Path) -> None:
    assert checked(folder) == CheckReport(SPEC.name, ())
    assert checked(folder, repair=True) == CheckReport(SPEC.name, ())
    with pytest.raises(CollectionNotFoundError):
        check(folder, CheckOrder("nobody"))


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        (
            "UPDATE vectors SET data = zeroblob(31) WHERE row = 8 AND field = 'image'",
            "not 16 dimensions: row 8 (image)",
        ),
        ("UPDATE vectors SET data = zeroblob(32) WHERE row = 8 AND field = 'product'", "not of unit length: row 8"),
        ("UPDATE vectors SET field = 'colour' WHERE row = 9 AND field = 'product'", "row 9 (colour)"),
        ("INSERT INTO vectors VALUES (999, 'image', 'tiny/1', zeroblob(32))", "no item, in rows 999"),
        ("INSERT INTO tombstones VALUES (7, 1)", "count as deleted though they are there, in rows 7"),
        ("UPDATE items SET sequence = 1000 WHERE id = 'i7'", "newer than the collection's sequence number: i7"),
        ("UPDATE items SET attributes = '{' WHERE id = 'i7'", "attributes of i7 cannot be read"),
        ("UPDATE meta SET value = 1000 WHERE key = 'format_version'", "format"),
    ],
)
def test_what_is_wrong_with_the_catalogue_is_told_and_left(folder: Path, statement: str, sentence: str) -> None:
    alter(folder, statement)
    before = (folder / SPEC.name / "catalog.sqlite").read_bytes()
    report = checked(folder, repair=True)
    assert {finding.part for finding in report.findings} == {"truth"}
    assert any(sentence in finding.message for finding in report.findings)
    assert (folder / SPEC.name / "catalog.sqlite").read_bytes() == before


def test_a_catalogue_that_cannot_be_read_asks_for_a_backup(folder: Path) -> None:
    path = folder / SPEC.name / "catalog.sqlite"
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + bytes(20_000) + whole[24_096:])
    assert any("restore a backup" in finding.message for finding in checked(folder).findings)
    path.write_bytes(b"nothing of the kind" * 1000)
    assert any("restore a backup" in finding.message for finding in checked(folder).findings)


def test_a_lost_catalogue_is_told(folder: Path) -> None:
    (folder / SPEC.name / "catalog.sqlite").unlink()
    assert folders_in(folder) == [SPEC.name]
    (finding,) = checked(folder, repair=True).findings
    assert finding.message == "there is no catalogue: restore a backup"


def test_a_repair_seals_what_the_settings_seal(folder: Path) -> None:
    flip(next((folder / SPEC.name).glob("segments/product-*/lists.faiss")), random.Random(3))
    order = CheckOrder(SPEC.name, repair=True, sealing=SealPolicy(least=200))
    assert check(folder, order).is_clean
    assert SnapshotFiles(folder / SPEC.name).read() is not None


def test_lost_and_damaged_pictures_are_named_by_their_items(folder: Path) -> None:
    store = LocalStore(folder)
    refs = {id_: item.picture_ref for id_ in ("i50", "i100") if (item := store.open(SPEC.name).get([id_])[0])}
    store.close()
    gone, flipped = (folder / SPEC.name / "pictures" / ref[7:9] / ref[7:] for ref in refs.values() if ref)
    gone.unlink()
    flip(flipped, random.Random(1))
    messages = [finding.message for finding in checked(folder, repair=True).findings]
    assert any("i50 are missing" in message for message in messages)
    assert any("i100 are damaged" in message for message in messages)


def test_a_lost_picture_hides_no_other_damage(folder: Path) -> None:
    next((folder / SPEC.name / "pictures").glob("*/*")).unlink()
    flip(next((folder / SPEC.name).glob("segments/*/vectors.f16")), random.Random(9))
    assert {finding.part for finding in checked(folder).findings} == {"truth", "sealed"}
    report = checked(folder, repair=True)
    assert [finding.part for finding in report.findings] == ["truth"]
    assert [finding.part for finding in report.repaired] == ["sealed"]


@pytest.mark.parametrize("damage", [flip, tear])
def test_every_damaged_derived_file_is_found(folder: Path, damage: Callable[[Path, random.Random], None]) -> None:
    chance = random.Random(8)
    for path in derived_files(folder):
        whole = path.read_bytes()
        if path.name == "verified.json":
            continue  # a stamp that does not fit is no stamp
        damage(path, chance)
        assert {finding.part for finding in checked(folder).findings} == {"sealed"}, path.name
        path.write_bytes(whole)
        assert checked(folder).is_clean


def test_the_sealed_side_is_repaired(folder: Path) -> None:
    expected = opened_answers(folder)
    for pattern in ("CURRENT", "segments/*/vectors.f16", "codecs/*"):
        path = next((folder / SPEC.name).glob(pattern))
        flip(path, random.Random(9))
        assert not checked(folder).is_clean
        report = checked(folder, repair=True)
        assert report.is_clean and report.repaired
        assert opened_answers(folder) == expected
        store = LocalStore(folder)  # it is small: sealed again only for this test
        seal(folder / SPEC.name, SealOrder(least=200), lambda doing, share: None)
        store.close()


def test_sealed_vectors_that_are_not_the_catalogues_are_found(folder: Path) -> None:
    other = made_vectors(1, 77)[0]
    other /= (other @ other) ** 0.5
    data = other.astype("<f2").tobytes().hex()
    alter(folder, f"UPDATE vectors SET data = X'{data}' WHERE row = 8 AND field = 'product'")
    (finding,) = checked(folder).findings
    assert "other vectors than the catalogue in rows 8" in finding.message
    assert checked(folder, repair=True).is_clean


def test_sealed_vectors_that_the_catalogue_has_no_more_are_found(folder: Path) -> None:
    alter(folder, "DELETE FROM vectors WHERE row = 8 AND field = 'product'")
    (finding,) = checked(folder).findings
    assert "vectors that were removed from rows 8" in finding.message
    assert checked(folder, repair=True).is_clean


def test_thumbnails_are_made_again_from_the_pictures(folder: Path) -> None:
    paths = sorted((folder / SPEC.name / "thumbnails").glob("*/*"))
    paths[0].unlink()
    flip(paths[1], random.Random(2))
    (finding,) = checked(folder).findings
    assert finding.part == "thumbnails"
    assert checked(folder, repair=True).is_clean
    store = LocalStore(folder)
    collection = store.open(SPEC.name)
    assert sum((collection.thumbnail(id_) or b"").startswith(b"small picture") for id_ in collection.ids()) == 2
    store.close()


def test_a_server_goes_on_during_a_check_and_holds_up_a_repair(folder: Path) -> None:
    lock = WriterLock(CollectionFiles(folder / SPEC.name).lock, "http://here:8000")
    report = checked(folder)
    assert report.is_clean and report.notes
    with pytest.raises(CollectionLockedError, match="http://here:8000"):
        checked(folder, repair=True)
    lock.release()


def test_a_check_beside_a_writer_finds_nothing(folder: Path) -> None:
    store = LocalStore(folder)
    before = answers(store, SearchParameters(exact=True))
    store.open(SPEC.name).delete(["i1"])
    store.open(SPEC.name).patch("i8", {"brand": "changed"})
    assert checked(folder).is_clean
    kept = [[hit for hit in hits if hit[0] != "i1"] for hits in before]
    after = answers(store, SearchParameters(exact=True))
    assert [hits[: len(rest)] for hits, rest in zip(after, kept, strict=True)] == kept
    store.close()


def test_a_text_index_is_checked_and_built_again(folder: Path) -> None:
    assert checked(folder).is_clean
    alter(folder, "UPDATE items SET text = 'something quite different' WHERE id = 'i7'")
    assert [finding.part for finding in checked(folder).findings] == ["text"]
    assert checked(folder, repair=True).is_clean
