"""Changing the catalogue inside a transaction that the caller began. Owns what created, updated and unchanged mean.

An upsert with the stored content hash keeps the vectors and the picture that it does not bring; one with another
hash replaces all of them. A batch is a few statements however many items it has: Python's lock changes hands with each
one, while searches run. Not safe for concurrent use: one thread owns it.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from index.attribute_values import Schema, Values, admit, merged
from index.catalog_connection import LISTED, listed
from index.catalog_migration import require_format
from index.errors import ItemNotFoundError
from index.prepared_item import PreparedItem
from index.spec_text import dump_attributes, load_attributes
from index.texts import forget_texts, index_texts
from index.types import Attributes, FieldName, WriteReceipt, WriteResult, WriteStatus

MAX_TOMBSTONES = 100_000
IDS_A_QUERY = 1_000


@dataclass(frozen=True)
class StoredItem:
    """What an upsert compares itself with."""

    row: int
    text: str | None
    attributes: str
    picture_ref: str | None
    thumbnail: str | None
    content_hash: str


@dataclass(frozen=True)
class Change:
    """What an upsert makes of one item."""

    id: str
    before: StoredItem | None
    """None: it is new."""
    after: StoredItem
    vectors: Mapping[FieldName, bytes]
    """To be written; the others stay, where the content is the same."""

    @property
    def status(self) -> WriteStatus:
        if self.before is None:
            return "created"
        return "updated" if self.vectors or self.after != self.before else "unchanged"

    @property
    def is_replaced(self) -> bool:
        """Other content: what was derived from the old one goes, in every space."""
        return self.before is not None and self.before.content_hash != self.after.content_hash

    @property
    def is_revectored(self) -> bool:
        return bool(self.vectors) or self.is_replaced

    @property
    def has_other_text(self) -> bool:
        return self.before is None or self.before.text != self.after.text


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
        results: list[WriteResult] = []
        for batch in _without_repeats(items):
            changes = self._changes(batch)
            self._write([change for change in changes if change.status != "unchanged"])
            results += [WriteResult(change.id, change.status) for change in changes]
        if any(result.status != "unchanged" for result in results):
            self._advance()
        return WriteReceipt(tuple(results), self.sequence)

    def patch(self, id_: str, attributes: Attributes) -> int:
        """Raises ItemNotFoundError, AttributeValueError."""
        stored = self._stored([id_]).get(id_)
        if stored is None:
            raise ItemNotFoundError(f"there is no item '{id_}': check the id, or write the whole item", id_)
        admitted = self._admitted(id_, attributes)
        text = dump_attributes(merged(load_attributes(stored.attributes), {**attributes, **admitted}))
        if text != stored.attributes:
            query = "UPDATE items SET attributes = ?, sequence = ? WHERE row = ?"
            self._execute(query, (text, self.sequence + 1, stored.row))
            self._advance()
        return self.sequence

    def delete(self, ids: Iterable[str]) -> tuple[int, int]:
        """Delete by id; returns (number deleted, sequence)."""
        stored = self._stored(list(dict.fromkeys(ids)))
        return self.delete_rows([item.row for item in stored.values()])

    def delete_rows(self, rows: Sequence[int]) -> tuple[int, int]:
        """Delete rows that exist; returns (number deleted, sequence)."""
        if rows:
            among = listed(rows)
            forget_texts(self._connection, rows)
            self._execute(f"DELETE FROM vectors WHERE row IN ({LISTED})", (among,))
            self._execute(f"DELETE FROM items WHERE row IN ({LISTED})", (among,))
            self._execute(f"INSERT INTO tombstones SELECT value, ? FROM ({LISTED})", (self.sequence + 1, among))
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

    def _changes(self, items: Sequence[PreparedItem]) -> list[Change]:
        """What an upsert of items with different ids comes to."""
        admitted = [dump_attributes(self._admitted(item.id, item.attributes)) for item in items]
        hashes = {item.id: item.content_hash for item in items}
        stored, new_rows = self._stored(list(hashes)), count(self._next_row())
        old_vectors = self._vectors([one.row for id_, one in stored.items() if one.content_hash == hashes[id_]])
        return [
            _change(item, attributes, stored.get(item.id), old_vectors, new_rows)
            for item, attributes in zip(items, admitted, strict=True)
        ]

    def _write(self, changes: Sequence[Change]) -> None:
        created = [change for change in changes if change.before is None]
        updated = [change for change in changes if change.before is not None]
        forget_texts(self._connection, [one.after.row for one in updated if one.has_other_text])
        self._insert(created)
        self._update(updated)
        index_texts(self._connection, [one.after.row for one in changes if one.has_other_text])
        replaced = [change.after.row for change in changes if change.is_replaced]
        self._execute(f"DELETE FROM vectors WHERE row IN ({LISTED})", (listed(replaced),))
        self._connection.executemany(
            "INSERT OR REPLACE INTO vectors (row, field, space, data) VALUES (?, ?, ?, ?)",
            [(one.after.row, field, self._space, data) for one in changes for field, data in one.vectors.items()],
        )

    def _insert(self, changes: Sequence[Change]) -> None:
        query = """INSERT INTO items (row, id, text, attributes, picture_ref, thumbnail, content_hash, sequence,
                   vector_sequence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
        sequences = (self.sequence + 1, self.sequence + 1)
        values = [(one.after.row, one.id, *_columns(one.after), *sequences) for one in changes]
        self._connection.executemany(query, values)

    def _update(self, changes: Sequence[Change]) -> None:
        query = """UPDATE items SET text = ?, attributes = ?, picture_ref = ?, thumbnail = ?, content_hash = ?,
                   sequence = ?, vector_sequence = coalesce(?, vector_sequence) WHERE row = ?"""
        now = self.sequence + 1
        values = [(*_columns(one.after), now, now if one.is_revectored else None, one.after.row) for one in changes]
        self._connection.executemany(query, values)

    def _stored(self, ids: Sequence[str]) -> dict[str, StoredItem]:
        """Those that there are, by id. Ids are bound one by one: SQLite's JSON would cut one at a NUL to another."""
        found: dict[str, StoredItem] = {}
        for start in range(0, len(ids), IDS_A_QUERY):
            some = ids[start : start + IDS_A_QUERY]
            query = f"""SELECT id, row, text, attributes, picture_ref, thumbnail, content_hash FROM items
                        WHERE id IN ({",".join("?" * len(some))})"""
            found |= {id_: StoredItem(*values) for id_, *values in self._execute(query, some)}
        return found

    def _next_row(self) -> int:
        """Rows of deleted items are not taken again."""
        (last,) = self._execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'items'").fetchone()
        return int(last) + 1

    def _vectors(self, rows: Sequence[int]) -> dict[int, dict[FieldName, bytes]]:
        """Of this space, by row and field."""
        found: dict[int, dict[FieldName, bytes]] = {}
        query = f"SELECT row, field, data FROM vectors WHERE row IN ({LISTED}) AND space = ?"
        for row, field, data in self._execute(query, (listed(rows), self._space)):
            found.setdefault(row, {})[field] = data
        return found

    def _admitted(self, id_: str, attributes: Attributes) -> Values:
        values, schema = admit(id_, attributes, self._schema)
        if len(schema) > len(self._schema):
            self._grow(schema)
        return values

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


def _without_repeats(items: Sequence[PreparedItem]) -> Iterator[Sequence[PreparedItem]]:
    """In pieces in which no id comes twice: a later write of an item finds the earlier one."""
    piece: dict[str, PreparedItem] = {}
    for item in items:
        if item.id in piece:
            yield list(piece.values())
            piece = {}
        piece[item.id] = item
    yield list(piece.values())


def _change(
    item: PreparedItem,
    attributes: str,
    before: StoredItem | None,
    old_vectors: Mapping[int, Mapping[FieldName, bytes]],
    new_rows: Iterator[int],
) -> Change:
    """`old_vectors`: by row and field, where the content stays."""
    row = next(new_rows) if before is None else before.row
    after = StoredItem(row, item.text, attributes, item.picture_ref, item.thumbnail, item.content_hash)
    if before is None or before.content_hash != item.content_hash:
        return Change(item.id, before, after, item.vectors)
    ref, thumbnail = item.picture_ref or before.picture_ref, item.thumbnail or before.thumbnail
    old = old_vectors.get(row, {})
    vectors = {field: data for field, data in item.vectors.items() if old.get(field) != data}
    return Change(item.id, before, replace(after, picture_ref=ref, thumbnail=thumbnail), vectors)


def _columns(item: StoredItem) -> tuple[str | None, ...]:
    return item.text, item.attributes, item.picture_ref, item.thumbnail, item.content_hash
