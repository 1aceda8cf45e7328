"""Collections of earlier formats, as kept in `formats/`: opened, brought up to date, searched, written."""

import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from index.catalog_connection import connect, transaction
from index.catalog_migration import format_of, take_steps
from index.catalog_schema import FORMAT_VERSION, STEPS, Step
from index.collection_files import CollectionFiles
from index.errors import CollectionLockedError, CorruptError
from index.store import LocalStore
from index.types import Filter, Match, MatchText, SearchParameters
from index.writer_lock import WriterLock
from tests.integration.index.made_collection import SPEC, fill, made_vectors

FORMATS = Path(__file__).parent / "formats"
EXACT = SearchParameters(exact=True)
ROOT = Path(__file__).parents[3]


@pytest.fixture(params=sorted(path.name for path in FORMATS.iterdir()))
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A data directory with a collection of an earlier format."""
    with tarfile.open(FORMATS / request.param) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path


def answers(store: LocalStore) -> list[object]:
    """Everything that can be asked of the made collection."""
    collection = store.open(SPEC.name)
    ids = list(collection.ids())
    found: list[object] = [ids, collection.get(ids), collection.facets(), collection.sequence]
    found += [collection.picture("i50"), collection.thumbnail("i50"), collection.picture("i51")]
    brand = Filter(must=(Match("brand", ("b1", "changed")),))
    for query in made_vectors(5, 9):
        for field in SPEC.fields:
            for filter_ in (None, brand, Filter(must=(MatchText("red shoe"),))):
                hits = collection.search(field, query, 20, filter_, EXACT, words="blue size 31")
                found += [[(hit.id, hit.row, hit.cosine, hit.bm25) for hit in hits]]
    return found


def version_of(folder: Path) -> int:
    with closing(connect(folder / SPEC.name / "catalog.sqlite", writable=False)) as connection:
        return format_of(connection)


def schema_of(folder: Path) -> list[tuple[str, str]]:
    with closing(connect(folder / SPEC.name / "catalog.sqlite", writable=False)) as connection:
        return list(connection.execute("SELECT name, sql FROM sqlite_schema ORDER BY name"))


def test_an_earlier_format_answers_like_a_new_one(old: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    store = LocalStore(new)
    fill(store, new)
    expected = answers(store)
    store.close()
    store = LocalStore(old)
    assert answers(store) == expected
    store.open(SPEC.name).patch("i8", {"brand": "changed"})
    store.close()
    assert version_of(old) == FORMAT_VERSION
    assert schema_of(old) == schema_of(new)


def test_a_reader_says_who_brings_it_up_to_date(old: Path) -> None:
    with pytest.raises(CorruptError, match="open it for writing"):
        LocalStore(old, mode="read").open(SPEC.name)


def test_who_writes_with_the_earlier_version_is_waited_for(old: Path) -> None:
    before = version_of(old)
    lock = WriterLock(CollectionFiles(old / SPEC.name).lock, "http://old:8000")
    store = LocalStore(old)
    with pytest.raises(CollectionLockedError, match=r"http://old:8000.*end that process"):
        store.open(SPEC.name)
    assert version_of(old) == before
    lock.release()
    store.open(SPEC.name)
    store.close()
    assert version_of(old) == FORMAT_VERSION


def test_steps_are_taken_together_or_not_at_all(old: Path) -> None:
    before, schema = version_of(old), schema_of(old)
    broken = Step(FORMAT_VERSION + 1, "cannot be done", ("CREATE TABLE half (x)", "INSERT INTO nowhere VALUES (1)"))
    with (
        closing(sqlite3.connect(old / SPEC.name / "catalog.sqlite", isolation_level=None)) as connection,
        pytest.raises(Exception, match="nowhere"),
        transaction(connection, "IMMEDIATE"),
    ):
        take_steps(connection, (*STEPS, broken))
    assert (version_of(old), schema_of(old)) == (before, schema)


KILLED = """
import os, sys
from pathlib import Path
from index.catalog_connection import connect, transaction
from index.catalog_migration import take_steps
connection = connect(Path(sys.argv[1]), writable=True)
with transaction(connection, "IMMEDIATE"):
    take_steps(connection)
    connection.execute("CREATE TABLE much AS SELECT zeroblob(4000000)")  # more than SQLite keeps in memory
    os.kill(os.getpid(), 9)
"""


def test_a_migration_that_was_killed_begins_anew(old: Path) -> None:
    before = version_of(old)
    killed = subprocess.run([sys.executable, "-c", KILLED, old / SPEC.name / "catalog.sqlite"], cwd=ROOT, check=False)
    assert killed.returncode == -9
    assert version_of(old) == before
    store = LocalStore(old)
    assert store.open(SPEC.name).count() > 300
    store.close()


def test_a_process_that_was_overtaken_writes_no_more(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    fill(store, tmp_path)
    with closing(connect(tmp_path / SPEC.name / "catalog.sqlite", writable=True)) as connection:
        connection.execute("UPDATE meta SET value = 1000 WHERE key = 'format_version'")
        connection.execute("PRAGMA user_version = 1000")
    with pytest.raises(CorruptError, match="newer"):
        store.open(SPEC.name).delete(["i1"])
    assert store.open(SPEC.name).count() > 300
    store.close()
