"""What changed in the catalogue since a sequence number, read in one transaction. Owns the reading only.

The writer and the readers in other processes follow by this same path, so that what is in memory is always a
function of what is committed.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from pyroaring import BitMap

from index.attribute_values import Schema, Values
from index.bitmaps import Rows
from index.spec_text import load_attributes
from index.stored_vectors import decode
from index.types import CollectionSpec, FieldName, Vectors

VECTORS_A_CHUNK = 4096


@dataclass(frozen=True)
class ChangedItem:
    """An item as it is now."""

    row: int
    id: str
    values: Values


@dataclass(frozen=True)
class VectorChunk:
    """Some of the new vectors of a field."""

    field: FieldName
    rows: Rows  # int64 [n]
    vectors: Vectors  # float32 [n, d]


@dataclass(frozen=True)
class Changes:
    """The newest state of every row touched since a sequence number."""

    sequence: int
    schema: Schema
    items: Sequence[ChangedItem]
    deleted: BitMap
    revectored: BitMap
    """Rows whose old vectors no longer count, whether new ones follow or not."""
    vectors: Iterator[VectorChunk]
    """Read while it is walked: only inside the transaction, so that a first load stays small in memory."""


def read_changes(
    connection: sqlite3.Connection, since: int, known: BitMap, spec: CollectionSpec, vectors_since: int | None = None
) -> Changes:
    """Inside a transaction. `known` are the live rows as of `since`; vectors up to `vectors_since` are held already."""
    vectors_since = since if vectors_since is None else vectors_since
    return Changes(
        sequence=committed(connection),
        schema=dict(connection.execute("SELECT key, type FROM attributes")),
        items=_items(connection, since),
        deleted=_deleted(connection, since, known),
        revectored=_rows(connection, "SELECT row FROM items WHERE vector_sequence > ?", vectors_since),
        vectors=_vectors(connection, vectors_since, spec),
    )


def _items(connection: sqlite3.Connection, since: int) -> list[ChangedItem]:
    # No ORDER BY: for the order of rows SQLite would walk the whole table, however little of it is new.
    found = connection.execute("SELECT row, id, attributes FROM items WHERE sequence > ?", (since,))
    return [ChangedItem(row, id_, load_attributes(attributes)) for row, id_, attributes in found]


def _deleted(connection: sqlite3.Connection, since: int, known: BitMap) -> BitMap:
    if since >= _meta(connection, "tombstone_horizon"):
        return known & _rows(connection, "SELECT row FROM tombstones WHERE sequence > ?", since)
    # Some tombstones since then are forgotten: what the table no longer holds was deleted.
    return known - BitMap(row for (row,) in connection.execute("SELECT row FROM items"))


def _vectors(connection: sqlite3.Connection, since: int, spec: CollectionSpec) -> Iterator[VectorChunk]:
    query = """SELECT items.row, vectors.data FROM items CROSS JOIN vectors
               ON vectors.row = items.row AND vectors.field = ? AND vectors.space = ?
               WHERE items.vector_sequence > ?"""
    for field in spec.fields:
        cursor = connection.execute(query, (field, spec.space_id, since))
        while found := cursor.fetchmany(VECTORS_A_CHUNK):
            rows = np.array([row for row, _ in found], dtype=np.int64)
            yield VectorChunk(field, rows, decode([data for _, data in found], spec.dimension))


def _rows(connection: sqlite3.Connection, query: str, since: int) -> BitMap:
    return BitMap(row for (row,) in connection.execute(query, (since,)))


def committed(connection: sqlite3.Connection) -> int:
    """The sequence number of the last change that is committed."""
    return _meta(connection, "sequence")


def _meta(connection: sqlite3.Connection, key: str) -> int:
    (value,) = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return int(value)
