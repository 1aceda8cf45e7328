"""Reading the catalogue: items, vectors and specification by row and by id. Owns a small pool of connections.

Every method is one short read transaction, so that the WAL can be folded back. Writing is `catalog_writer`'s.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from queue import LifoQueue

from index.catalog_connection import LISTED, connect, listed, transaction, translated
from index.catalog_migration import require_format, take_steps
from index.catalog_schema import TABLES
from index.errors import CollectionNotFoundError, CorruptError
from index.pictures import NamesInUse
from index.spec_text import dump_spec, load_attributes, load_spec
from index.types import CollectionSpec, Item

CLOSED = "the collection is closed"
PAGE = 1_000
CONNECTIONS = 4
ITEM = "row, id, text, attributes, content_hash, picture_ref, sequence"
ItemRow = tuple[int, str, str | None, str, str, str | None, int]


class Catalog:
    """The readers' side of `catalog.sqlite`. Safe to call from several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: LifoQueue[sqlite3.Connection | None] = LifoQueue()
        for _ in range(CONNECTIONS):
            self._idle.put(None)
        self._closed = False

    def spec(self) -> CollectionSpec:
        """Raises CorruptError where the format is not this version's."""
        with self._reading() as connection:
            return read_spec(connection)

    def items(self, ids: Sequence[str]) -> list[Item | None]:
        with self._reading() as connection:
            found = {item.id: item for item in _items(connection, "id", ids)}
        return [found.get(id_) for id_ in ids]

    def rows(self, rows: Sequence[int]) -> list[Item | None]:
        with self._reading() as connection:
            found = {item.row: item for item in _items(connection, "row", [int(row) for row in rows])}
        return [found.get(row) for row in rows]

    def unchanged(self, hashes: Sequence[tuple[str, str]]) -> list[bool]:
        """Is exactly this content stored, with at least one vector?"""
        query = f"""SELECT id, content_hash FROM items WHERE id IN ({LISTED})
                   AND EXISTS (SELECT 1 FROM vectors WHERE vectors.row = items.row)"""
        with self._reading() as connection:
            found = dict(connection.execute(query, (listed([id_ for id_, _ in hashes]),)))
        return [found.get(id_) == content_hash for id_, content_hash in hashes]

    def ids(self, after: str | None, limit: int) -> list[str]:
        with self._reading() as connection:
            query = "SELECT id FROM items WHERE id > ? ORDER BY id LIMIT ?"
            return [id_ for (id_,) in connection.execute(query, (after or "", max(limit, 0)))]

    def revectored(self, since: int) -> list[int]:
        """The rows whose vectors were written after a change."""
        with self._reading() as connection:
            found = connection.execute("SELECT row FROM items WHERE vector_sequence > ?", (since,))
            return [row for (row,) in found]

    def picture_ref(self, id_: str) -> str | None:
        return self._one("SELECT picture_ref FROM items WHERE id = ?", id_)

    def thumbnail(self, id_: str) -> str | None:
        return self._one("SELECT thumbnail FROM items WHERE id = ?", id_)

    def files_in_use(self) -> tuple[NamesInUse, NamesInUse]:
        """The picture references and the thumbnails of all items. What is written meanwhile is among them or not."""
        with translated(), closing(connect(self._path, writable=False)) as connection:
            refs, thumbnails = (paged(connection, column) for column in ("picture_ref", "thumbnail"))
            return NamesInUse(ref for _, ref in refs), NamesInUse(name for _, name in thumbnails)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A read transaction in which nothing was read yet, on a connection of its own: it may be held for long, and
        those of the pool must come back at once."""
        if self._closed:
            raise CollectionNotFoundError(CLOSED)
        with translated(), closing(connect(self._path, writable=False)) as connection, transaction(connection):
            yield connection

    def close(self) -> None:
        """Close the connections of the pool, once the queries on them are done. `reading` ends by itself."""
        self._closed = True
        for _ in range(CONNECTIONS):
            connection = self._idle.get()
            if connection is not None:
                connection.close()
        self._idle.put(None)  # whoever comes now wakes up and is told

    def _one(self, query: str, id_: str) -> str | None:
        with self._reading() as connection:
            found = connection.execute(query, (id_,)).fetchone()
        return found[0] if found else None

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        connection = self._idle.get()
        try:
            if self._closed:
                raise CollectionNotFoundError(CLOSED)
            connection = connection or connect(self._path, writable=False)
            with translated():
                yield connection
        finally:
            self._idle.put(connection)


def create_catalog(path: Path, spec: CollectionSpec) -> None:
    """A new, empty catalogue, wholly on disk."""
    with closing(connect(path, writable=True, create=True)) as connection, transaction(connection, "IMMEDIATE"):
        for statement in TABLES:
            connection.execute(statement)
        meta = {"format_version": 1, "spec": dump_spec(spec), "sequence": 0, "tombstone_horizon": 0}
        connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
        connection.executemany("INSERT INTO attributes VALUES (?, ?)", spec.attributes.items())
        take_steps(connection)


def read_spec(connection: sqlite3.Connection) -> CollectionSpec:
    """Raises CorruptError."""
    require_format(connection)
    try:
        (spec,) = connection.execute("SELECT value FROM meta WHERE key = 'spec'").fetchone()
        return load_spec(spec, dict(connection.execute("SELECT key, type FROM attributes")))
    except (ValueError, TypeError, KeyError) as error:
        raise CorruptError(f"the catalogue's specification cannot be read: {error}") from error


def _items(connection: sqlite3.Connection, key: str, values: Sequence[str] | Sequence[int]) -> list[Item]:
    query = f"SELECT {ITEM} FROM items WHERE {key} IN ({LISTED})"
    return [_item(found) for found in connection.execute(query, (listed(values),))]


def _item(found: ItemRow) -> Item:
    row, id_, text, attributes, content_hash, picture_ref, sequence = found
    return Item(row, id_, text, load_attributes(attributes), content_hash, picture_ref, sequence)


def begin_history(connection: sqlite3.Connection) -> None:
    """From here on this catalogue is another one than its copies, whatever their sequence numbers. In a transaction."""
    connection.execute("UPDATE meta SET value = lower(hex(randomblob(16))) WHERE key = 'history'")


def paged(connection: sqlite3.Connection, column: str) -> Iterator[tuple[str, str]]:
    """Ids and a column that is not empty, page by page, so that no read transaction lasts."""
    after = -1
    query = f"SELECT row, id, {column} FROM items WHERE row > ? AND {column} NOT NULL ORDER BY row LIMIT {PAGE}"
    while page := connection.execute(query, (after,)).fetchall():
        yield from ((id_, value) for _, id_, value in page)
        after = page[-1][0]
