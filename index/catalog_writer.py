"""Changing the catalogue inside a transaction that the caller began. Owns what created, updated and unchanged mean.

An upsert with the stored content hash keeps the vectors and the picture that it does not bring; one with another
hash replaces all of them. Not safe for concurrent use: one thread owns it.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from index.attribute_values import Schema, admit, merged
from index.catalog_migration import require_format
from index.errors import ItemNotFoundError
from index.prepared_item import PreparedItem
from index.spec_text import dump_attributes, load_attributes
from index.texts import forget_text, index_text
from index.types import Attributes, FieldName, WriteReceipt, WriteResult, WriteStatus

MAX_TOMBSTONES = 100_000


@dataclass(frozen=True)
class StoredItem:
    """What an upsert compares itself with."""

    row: int
    text: str | None
    attributes: str
    picture_ref: str | None
    thumbnail: str | None
    content_hash: str


class CatalogWriter:
    """Upsert, patch, delete and declare. A call with an effect takes the next sequence number."""

    def __init__(self, connection: sqlite3.Connection, space: str, max_tombstones: int = MAX_TOMBSTONES) -> None:
        self._connection = connection
        self._space = space
        self._max_tombstones = max_tombstones
        self._schema: Schema = {}
        self.sequence = 0

    def reload(self) -> None:
        """Take sequence and schema from the tables, after a begin or a rollback. Raises CorruptError.

        A process of a newer version may have changed the format since this one opened the catalogue.
        """
        require_format(self._connection)
        (self.sequence,) = self._execute("SELECT value FROM meta WHERE key = 'sequence'").fetchone()
        self._schema = dict(self._execute("SELECT key, type FROM attributes"))

    def upsert(self, items: Sequence[PreparedItem]) -> WriteReceipt:
        """Raises AttributeValueError; the caller then rolls back."""
        results = tuple(WriteResult(item.id, self._upsert(item)) for item in items)
        if any(result.status != "unchanged" for result in results):
            self._advance()
        return WriteReceipt(results, self.sequence)

    def patch(self, id_: str, attributes: Attributes) -> int:
        """Raises ItemNotFoundError, AttributeValueError."""
        stored = self._stored(id_)
        if stored is None:
            raise ItemNotFoundError(f"there is no item '{id_}': check the id, or write the whole item", id_)
        text = self._admitted(id_, merged(load_attributes(stored.attributes), attributes))
        if text != stored.attributes:
            query = "UPDATE items SET attributes = ?, sequence = ? WHERE row = ?"
            self._execute(query, (text, self.sequence + 1, stored.row))
            self._advance()
        return self.sequence

    def delete(self, ids: Iterable[str]) -> tuple[int, int]:
        """Delete by id; returns (number deleted, sequence)."""
        stored = (self._stored(id_) for id_ in dict.fromkeys(ids))
        return self.delete_rows([item.row for item in stored if item is not None])

    def delete_rows(self, rows: Sequence[int]) -> tuple[int, int]:
        """Delete rows that exist; returns (number deleted, sequence)."""
        one_each = [(row,) for row in rows]
        tombstones = [(row, self.sequence + 1) for row in rows]
        for row in rows:
            forget_text(self._connection, row)
        self._connection.executemany("DELETE FROM vectors WHERE row = ?", one_each)
        self._connection.executemany("DELETE FROM items WHERE row = ?", one_each)
        self._connection.executemany("INSERT INTO tombstones VALUES (?, ?)", tombstones)
        if rows:
            self._advance()
            self._forget_tombstones()
        return len(rows), self.sequence

    def declare(self, schema: Schema) -> int:
        """Add attributes to the schema; known ones are left as they are."""
        new = {key: type_ for key, type_ in schema.items() if key not in self._schema}
        if new:
            self._grow({**self._schema, **new})
            self._advance()
        return self.sequence

    def _upsert(self, item: PreparedItem) -> WriteStatus:
        attributes = self._admitted(item.id, item.attributes)
        stored = self._stored(item.id)
        if stored is None:
            self._insert(item, attributes)
            return "created"
        if stored.content_hash != item.content_hash:
            self._replace(stored, item, attributes)
            return "updated"
        return self._refresh(stored, item, attributes)

    def _insert(self, item: PreparedItem, attributes: str) -> None:
        sequence = self.sequence + 1
        query = """INSERT INTO items (id, text, attributes, picture_ref, thumbnail, content_hash, sequence,
                   vector_sequence) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
        values = (item.id, item.text, attributes, item.picture_ref, item.thumbnail, item.content_hash)
        row = self._execute(query, (*values, sequence, sequence)).lastrowid
        assert row is not None
        index_text(self._connection, row)
        self._put_vectors(row, item.vectors)

    def _replace(self, stored: StoredItem, item: PreparedItem, attributes: str) -> None:
        """Other content: what was derived from the old one goes, in every space."""
        self._execute("DELETE FROM vectors WHERE row = ?", (stored.row,))
        ref, thumbnail = item.picture_ref, item.thumbnail
        self._update(stored, StoredItem(stored.row, item.text, attributes, ref, thumbnail, item.content_hash))
        self._set_vectors(stored.row, item.vectors)

    def _refresh(self, stored: StoredItem, item: PreparedItem, attributes: str) -> WriteStatus:
        """The same content: only what differs is written."""
        vectors = self._differing(stored.row, item.vectors)
        ref, thumbnail = item.picture_ref or stored.picture_ref, item.thumbnail or stored.thumbnail
        fresh = StoredItem(stored.row, item.text, attributes, ref, thumbnail, stored.content_hash)
        if not vectors and fresh == stored:
            return "unchanged"
        self._update(stored, fresh)
        if vectors:
            self._set_vectors(stored.row, vectors)
        return "updated"

    def _update(self, stored: StoredItem, fresh: StoredItem) -> None:
        query = """UPDATE items SET text = ?, attributes = ?, picture_ref = ?, thumbnail = ?, content_hash = ?,
                   sequence = ? WHERE row = ?"""
        values = (fresh.text, fresh.attributes, fresh.picture_ref, fresh.thumbnail, fresh.content_hash)
        if fresh.text != stored.text:
            forget_text(self._connection, stored.row)
        self._execute(query, (*values, self.sequence + 1, stored.row))
        if fresh.text != stored.text:
            index_text(self._connection, stored.row)

    def _set_vectors(self, row: int, vectors: Mapping[FieldName, bytes]) -> None:
        self._execute("UPDATE items SET vector_sequence = ? WHERE row = ?", (self.sequence + 1, row))
        self._put_vectors(row, vectors)

    def _put_vectors(self, row: int, vectors: Mapping[FieldName, bytes]) -> None:
        for field, data in vectors.items():
            query = "INSERT OR REPLACE INTO vectors (row, field, space, data) VALUES (?, ?, ?, ?)"
            self._execute(query, (row, field, self._space, data))

    def _differing(self, row: int, vectors: Mapping[FieldName, bytes]) -> Mapping[FieldName, bytes]:
        query = "SELECT field, data FROM vectors WHERE row = ? AND space = ?"
        stored = dict(self._execute(query, (row, self._space)))
        return {field: data for field, data in vectors.items() if stored.get(field) != data}

    def _stored(self, id_: str) -> StoredItem | None:
        query = "SELECT row, text, attributes, picture_ref, thumbnail, content_hash FROM items WHERE id = ?"
        found = self._execute(query, (id_,)).fetchone()
        return None if found is None else StoredItem(*found)

    def _admitted(self, id_: str, attributes: Attributes) -> str:
        values, schema = admit(id_, attributes, self._schema)
        if len(schema) > len(self._schema):
            self._grow(schema)
        return dump_attributes(values)

    def _grow(self, schema: Schema) -> None:
        new = [(key, type_) for key, type_ in schema.items() if key not in self._schema]
        self._connection.executemany("INSERT INTO attributes VALUES (?, ?)", new)
        self._schema = schema

    def _advance(self) -> None:
        self.sequence += 1
        self._execute("UPDATE meta SET value = ? WHERE key = 'sequence'", (self.sequence,))

    def _forget_tombstones(self) -> None:
        query = "SELECT sequence FROM tombstones ORDER BY sequence DESC LIMIT 1 OFFSET ?"
        oldest = self._execute(query, (self._max_tombstones,)).fetchone()
        if oldest is not None:
            self._execute("DELETE FROM tombstones WHERE sequence <= ?", oldest)
            self._execute("UPDATE meta SET value = ? WHERE key = 'tombstone_horizon'", oldest)

    def _execute(self, query: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        return self._connection.execute(query, values)
