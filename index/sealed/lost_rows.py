"""The rows of segments that are left out, read from the catalogue as if they were fresh, while memory has room."""

import logging
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pyroaring import BitMap

from index.bitmaps import from_rows
from index.changes import VectorChunk
from index.sealed.catalog_vectors import rows_within, vectors_within
from index.sealed.snapshot_reader import OpenSnapshot
from index.stored_vectors import unit_rows
from index.types import CollectionSpec, FieldName

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LostRows:
    """What a snapshot covers and none of its open segments holds alive."""

    rows: Mapping[FieldName, BitMap]
    """To be searched one by one."""
    left_out: Mapping[str, int]
    """So many more are found by nobody until they are sealed again."""


def lost_rows(connection: sqlite3.Connection, spec: CollectionSpec, opened: OpenSnapshot, most: int) -> LostRows:
    """Inside a transaction. Of a field that is not sealed at all, that is everything; of damaged segments at most the
    `most` newest rows: a server that ends for want of memory would find nothing at all."""
    lost: dict[FieldName, BitMap] = {}
    left_out: dict[str, int] = {}
    for field in spec.fields:
        if field in opened.views and field not in opened.incomplete:
            continue
        held = BitMap()
        for view in opened.views.get(field, ()):
            held |= from_rows(view.segment.rows[view.alive_slots])
        rows = rows_within(connection, spec, field, -1, opened.snapshot.sequence) - held
        if field in opened.incomplete and len(rows) > most:
            left_out[field] = len(rows) - most
            rows = BitMap(rows[-most:]) if most else BitMap()
            log.error(
                "%d vectors of '%s' in collection '%s' are found by no search until they are sealed again: "
                "memory has no room for them (LOOKALIKE_SEAL_MEMORY_BYTES)",
                left_out[field],
                field,
                spec.name,
            )
        lost[field] = rows
    return LostRows(lost, left_out)


def lost_vectors(
    connection: sqlite3.Connection, spec: CollectionSpec, lost: LostRows, to: int
) -> Iterator[VectorChunk]:
    """In the same transaction. `to`: the snapshot's sequence number."""
    for field, rows in lost.rows.items():
        for page, stored in vectors_within(connection, spec, field, rows, to):
            yield VectorChunk(field, page, unit_rows(stored))
