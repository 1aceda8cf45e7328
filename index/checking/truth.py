"""Checks the catalogue and the pictures: what nothing else can bring back but a backup, or writing the items again."""

import sqlite3
from collections.abc import Iterator

import numpy as np

from index.attribute_values import Schema
from index.catalog import paged, read_spec
from index.checking.finding import Finding, listed
from index.collection_files import CollectionFiles
from index.errors import CorruptError
from index.pictures import PREFIX, PictureStore, is_whole
from index.spec_text import load_attributes
from index.stored_vectors import STORED
from index.types import CollectionSpec

MANY = 1_000
"""So many of a kind are looked for; more tell nobody more."""
AGAIN = "delete these items and write them again, or restore a backup"
"""Written again alone, they would count as unchanged."""


def check_catalogue(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Everything that SQLite and the tables themselves tell. Raises what SQLite raises on a file it cannot read."""
    for (text,) in connection.execute("PRAGMA integrity_check(20)"):
        if text != "ok":
            yield Finding("truth", f"the catalogue is damaged ({text}): restore a backup")
    try:
        spec = read_spec(connection)
    except CorruptError as error:
        yield Finding("truth", str(error))
        return
    yield from _check_rows(connection)
    yield from _check_vectors(connection, spec)
    yield from _check_attributes(connection, spec.attributes)


def _check_rows(connection: sqlite3.Connection) -> Iterator[Finding]:
    def first(query: str) -> list[object]:
        return [value for (value,) in connection.execute(f"{query} LIMIT {MANY}")]

    orphans = first("SELECT DISTINCT row FROM vectors WHERE row NOT IN (SELECT row FROM items)")
    yield from listed("truth", orphans, "vectors belong to no item, in rows {}")
    undead = first("SELECT row FROM tombstones WHERE row IN (SELECT row FROM items)")
    yield from listed("truth", undead, "items count as deleted though they are there, in rows {}")
    later = first(
        "SELECT id FROM items WHERE max(sequence, vector_sequence) > (SELECT value FROM meta WHERE key='sequence')"
    )
    yield from listed("truth", later, "items are newer than the collection's sequence number: {}; write them again")


def _check_vectors(connection: sqlite3.Connection, spec: CollectionSpec) -> Iterator[Finding]:
    lengths: list[object] = []
    values: list[object] = []
    strange: list[object] = []
    for row, field, space, data in connection.execute("SELECT row, field, space, data FROM vectors"):
        if field not in spec.fields:
            strange.append(f"row {row} ({field})")
        elif space != spec.space_id:
            continue  # of another model, kept for it
        elif len(data) != spec.dimension * STORED.itemsize:
            lengths.append(f"row {row} ({field})")
        elif not _is_unit(data):
            values.append(f"row {row} ({field})")
    yield from listed("truth", strange, "vectors are of a field that the collection does not have: {}")
    yield from listed("truth", lengths, f"vectors have not {spec.dimension} dimensions: {{}}; {AGAIN}")
    yield from listed("truth", values, f"vectors are not finite, or not of unit length: {{}}; {AGAIN}")


def _is_unit(data: bytes) -> bool:
    values = np.frombuffer(data, STORED).astype(np.float32)
    return bool(abs(float(values @ values) - 1.0) < 0.02)  # NaN is less than nothing


def _check_attributes(connection: sqlite3.Connection, schema: Schema) -> Iterator[Finding]:
    unreadable: list[object] = []
    undeclared: list[object] = []
    for id_, text in connection.execute("SELECT id, attributes FROM items"):
        try:
            if load_attributes(text).keys() - schema.keys():
                undeclared.append(id_)
        except (CorruptError, AttributeError, TypeError):
            unreadable.append(id_)
    yield from listed("truth", unreadable, "the attributes of {} cannot be read: write these items again")
    yield from listed("truth", undeclared, "{} have attributes of no declared type: write these items again")


def check_pictures(connection: sqlite3.Connection, files: CollectionFiles) -> Iterator[Finding]:
    """Every kept picture is there, and what its name says."""
    pictures = PictureStore(files.root)
    missing: list[object] = []
    damaged: list[object] = []
    for id_, ref in paged(connection, "picture_ref"):
        if not ref.startswith(PREFIX):
            continue
        found = pictures.picture(ref)
        if found is None:
            missing.append(id_)
        elif not is_whole(ref, found):
            damaged.append(id_)
    yield from listed("truth", missing, f"the pictures of {{}} are missing: {AGAIN}")
    yield from listed("truth", damaged, f"the pictures of {{}} are damaged: {AGAIN}")
