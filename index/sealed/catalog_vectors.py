"""Reads the vectors to be sealed from the catalogue, page by page, so that no read transaction lasts."""

import sqlite3
from collections.abc import Iterator

import numpy as np
from pyroaring import BitMap

from index.bitmaps import Rows
from index.catalog_connection import transaction
from index.stored_vectors import Stored, stored_rows
from index.types import CollectionSpec, FieldName

PAGE = 4_096

_FRESH = """SELECT items.row FROM items WHERE vector_sequence > ? AND vector_sequence <= ?
    AND EXISTS (SELECT 1 FROM vectors WHERE vectors.row = items.row AND field = ? AND space = ?)"""
_UNTIL = "SELECT row FROM items WHERE vector_sequence <= ?"
_PAGE = """SELECT items.row, vectors.data FROM items CROSS JOIN vectors
    ON vectors.row = items.row AND vectors.field = ? AND vectors.space = ?
    WHERE items.row BETWEEN ? AND ? AND items.vector_sequence <= ? ORDER BY items.row"""


def rows_between(connection: sqlite3.Connection, spec: CollectionSpec, field: FieldName, after: int, to: int) -> BitMap:
    """The live rows whose vector of this field was set after one change and not after another."""
    with transaction(connection):
        return rows_within(connection, spec, field, after, to)


def rows_within(connection: sqlite3.Connection, spec: CollectionSpec, field: FieldName, after: int, to: int) -> BitMap:
    """The same, inside a transaction."""
    return BitMap(row for (row,) in connection.execute(_FRESH, (after, to, field, spec.space_id)))


def rows_until(connection: sqlite3.Connection, to: int) -> BitMap:
    """The live rows whose vectors, of any field or none, were not set after this change. Inside a transaction."""
    return BitMap(row for (row,) in connection.execute(_UNTIL, (to,)))


def vectors_of(
    connection: sqlite3.Connection, spec: CollectionSpec, field: FieldName, rows: BitMap, to: int
) -> Iterator[tuple[Rows, Stored]]:
    """Their vectors, float16 [n, d]; rows that were deleted or changed after `to` meanwhile are left out."""
    for start in range(0, len(rows), PAGE):
        with transaction(connection):
            found = list(vectors_within(connection, spec, field, rows[start : start + PAGE], to))
        yield from found


def vectors_within(
    connection: sqlite3.Connection, spec: CollectionSpec, field: FieldName, rows: BitMap, to: int
) -> Iterator[tuple[Rows, Stored]]:
    """The same, inside a transaction."""
    for start in range(0, len(rows), PAGE):
        page = rows[start : start + PAGE]
        bounds = (field, spec.space_id, page.min(), page.max(), to)
        found = [(row, data) for row, data in connection.execute(_PAGE, bounds) if row in page]
        if found:
            yield (
                np.array([row for row, _ in found], np.int64),
                stored_rows([data for _, data in found], spec.dimension),
            )
