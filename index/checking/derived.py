"""Checks what is derived: the sealed side, its agreement with the catalogue, the thumbnails, the text index."""

import sqlite3
from collections.abc import Iterator
from typing import cast

import numpy as np
from pyroaring import BitMap

from index.catalog import paged
from index.catalog_connection import transaction
from index.checking.finding import Finding, listed, several
from index.checking.sealed_items import check_items
from index.collection_files import CollectionFiles
from index.errors import CorruptError
from index.pictures import PictureStore
from index.sealed.catalog_vectors import rows_until, rows_within, vectors_within
from index.sealed.sealed_segment import SealedSegment
from index.sealed.segment_files import SegmentFiles
from index.sealed.snapshot import Snapshot, SnapshotFiles
from index.sealed.training import load
from index.sealed.trust import is_whole_codec
from index.stored_vectors import unit_rows
from index.types import CollectionSpec, FieldName

CLOSE = 2e-3
"""Two roundings to float16 of a component of a unit vector differ by less."""
TEXT_INDEXES = "SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%USING fts5%'"


def check_sealed(
    connection: sqlite3.Connection, spec: CollectionSpec, files: SnapshotFiles, damaged: set[str]
) -> Iterator[Finding]:
    """`damaged`: takes the names of the segments that are to be built again."""
    try:
        snapshot = files.read()
    except CorruptError as error:
        yield Finding("sealed", f"{error}: nothing sealed is used until it is built again")
        return
    if snapshot is None:
        return
    yield from check_items(connection, snapshot, files)
    for name, sealed in snapshot.fields.items():
        if not _is_codec_readable(files, sealed.codec):
            damaged.update(sealed.segments)
            yield Finding("sealed", f"the codec of '{name}' is damaged or missing")
        whole: dict[str, SealedSegment] = {}
        for one in sealed.segments:
            try:
                whole[one] = _opened(SegmentFiles(files.segment(one)))
            except CorruptError as error:
                damaged.add(one)
                yield Finding("sealed", f"{error}: its rows are searched one by one until it is built again")
        yield from _check_rows(connection, spec, cast(FieldName, name), snapshot, whole, damaged)


def _opened(files: SegmentFiles) -> SealedSegment:
    if files.damage.exists():
        raise CorruptError(f"segment {files.root.name} was found damaged before")
    files.verify(files.description())
    return SealedSegment(files.root)


def _is_codec_readable(files: SnapshotFiles, name: str) -> bool:
    try:
        return is_whole_codec(files, name) and load(files.codec(name)) is not None
    except RuntimeError:  # FAISS's own, on a codec of the first format, whose name carries no checksum
        return False


def _check_rows(
    connection: sqlite3.Connection,
    spec: CollectionSpec,
    field: FieldName,
    snapshot: Snapshot,
    segments: dict[str, SealedSegment],
    damaged: set[str],
) -> Iterator[Finding]:
    """Each live row that the snapshot covers lies in one segment, with the catalogue's vector, and no other in any."""
    sealed = snapshot.fields[field]
    with transaction(connection):
        covered = rows_within(connection, spec, field, -1, snapshot.sequence)
        without = rows_until(connection, snapshot.sequence) - covered
    held = BitMap()
    for name, segment in segments.items():
        all_alive = segment.all_rows - sealed.dead_rows(name)
        if gone := all_alive & without:
            damaged.add(name)
            yield Finding("sealed", f"segment {name} holds vectors that were removed from rows {several(list(gone))}")
        alive = all_alive & covered
        if twice := alive & held:
            damaged.add(name)
            yield Finding("sealed", f"rows {several(list(twice))} of '{field}' lie in two segments")
        held |= alive
        if wrong := _disagreeing(connection, spec, field, segment, alive, snapshot.sequence):
            damaged.add(name)
            yield Finding("sealed", f"segment {name} holds other vectors than the catalogue in rows {several(wrong)}")
    if len(segments) == len(sealed.segments) and (lost := covered - held):
        damaged.update(sealed.segments)
        yield Finding("sealed", f"rows {several(list(lost))} of '{field}' lie in no segment")


def _disagreeing(
    connection: sqlite3.Connection,
    spec: CollectionSpec,
    field: FieldName,
    segment: SealedSegment,
    alive: BitMap,
    to: int,
) -> list[int]:
    wrong: list[int] = []
    for rows, stored in vectors_within(connection, spec, field, alive, to):
        found, slots = segment.find(rows)
        differ = np.abs(segment.vectors(slots) - unit_rows(stored)[found]).max(axis=1, initial=0.0)
        wrong += rows[found][~(differ < CLOSE)].tolist()
    return wrong


def check_thumbnails(connection: sqlite3.Connection, files: CollectionFiles, damaged: set[str]) -> Iterator[Finding]:
    """`damaged`: takes the ids of the items whose thumbnail is missing or not what its name says."""
    pictures = PictureStore(files.root)
    wrong = [id_ for id_, name in paged(connection, "thumbnail") if pictures.thumbnail(name) is None]
    damaged.update(wrong)
    yield from listed("thumbnails", wrong, "the thumbnails of {} are missing or damaged")


def check_text_index(connection: sqlite3.Connection) -> Iterator[Finding]:
    """SQLite's own check, which only a connection that may write can ask for. Changes nothing."""
    for (name,) in connection.execute(TEXT_INDEXES).fetchall():
        try:
            connection.execute(f'INSERT INTO "{name}" ("{name}", rank) VALUES (\'integrity-check\', 1)')
        except sqlite3.DatabaseError as error:
            yield Finding("text", f"the text index '{name}' does not agree with the items ({error})")
