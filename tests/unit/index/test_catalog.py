"""The catalogue: what it refuses to open, and how SQLite's errors read."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from index.catalog import Catalog, create_catalog
from index.catalog_connection import connect, transaction
from index.catalog_schema import FORMAT_VERSION
from index.errors import CollectionNotFoundError, CorruptError, ReadOnlyError, StorageFullError, StoreError
from index.types import CollectionSpec

SPEC = CollectionSpec(
    "shoes", "starter", "starter-1", 4, "int8", 0.9, ("product",), {"tags": "keywords"}, pictures="none"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create_catalog(tmp_path / "catalog.sqlite", SPEC)
    return tmp_path / "catalog.sqlite"


def read_spec(path: Path) -> CollectionSpec:
    catalog = Catalog(path)
    try:
        return catalog.spec()
    finally:
        catalog.close()


def alter(path: Path, statement: str) -> None:
    with closing(connect(path, writable=True)) as connection:
        connection.execute(statement)


def test_the_specification_comes_back(path: Path) -> None:
    assert read_spec(path) == SPEC


def test_it_is_wholly_in_one_file_and_in_wal_mode(path: Path) -> None:
    assert [found.name for found in path.parent.iterdir()] == ["catalog.sqlite"]
    with closing(connect(path, writable=True)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE meta SET value = {FORMAT_VERSION + 1} WHERE key = 'format_version'",
        f"PRAGMA user_version = {FORMAT_VERSION + 1}",
        "DELETE FROM meta WHERE key = 'format_version'",
        "UPDATE meta SET value = '{' WHERE key = 'spec'",
        "UPDATE meta SET value = '{\"fields\": []}' WHERE key = 'spec'",
        "DROP TABLE meta",
    ],
)
def test_an_unknown_format_is_refused(path: Path, statement: str) -> None:
    alter(path, statement)
    with pytest.raises(CorruptError):
        read_spec(path)


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b""], ids=["other", "empty"])
def test_another_file_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(CorruptError):
        read_spec(path)


def test_a_missing_file_is_a_missing_collection(tmp_path: Path) -> None:
    with pytest.raises(CollectionNotFoundError):
        read_spec(tmp_path / "catalog.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_a_closed_catalogue_says_so(path: Path) -> None:
    catalog = Catalog(path)
    catalog.close()
    with pytest.raises(CollectionNotFoundError):
        catalog.ids(None, 10)


def test_a_reader_cannot_write(path: Path) -> None:
    with (
        closing(connect(path, writable=False)) as connection,
        pytest.raises(ReadOnlyError),
        transaction(connection),
    ):
        connection.execute("DELETE FROM items")


def test_a_full_disk_rolls_back(path: Path) -> None:
    with closing(connect(path, writable=True)) as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 1}")
        with pytest.raises(StorageFullError), transaction(connection):
            connection.execute("INSERT INTO vectors VALUES (1, 'image', 's', zeroblob(100))")
            connection.execute("INSERT INTO vectors VALUES (2, 'image', 's', zeroblob(1000000))")
        assert connection.execute("SELECT count(*) FROM vectors").fetchone() == (0,)


def test_other_errors_of_sqlite_are_translated_with_their_cause(path: Path) -> None:
    with closing(connect(path, writable=True)) as connection:
        with pytest.raises(StoreError) as raised, transaction(connection):
            connection.execute("SELECT nonsense")
        assert isinstance(raised.value.__cause__, sqlite3.OperationalError)
        assert not connection.in_transaction
