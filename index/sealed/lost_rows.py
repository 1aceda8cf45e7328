"""The rows of segments that are left out, read from the catalogue as if they were fresh."""

import sqlite3
from collections.abc import Iterator

from pyroaring import BitMap

from index.bitmaps import from_rows
from index.changes import VectorChunk
from index.sealed.catalog_vectors import rows_within, vectors_within
from index.sealed.snapshot_reader import OpenSnapshot
from index.stored_vectors import unit_rows
from index.types import CollectionSpec


def lost_vectors(connection: sqlite3.Connection, spec: CollectionSpec, opened: OpenSnapshot) -> Iterator[VectorChunk]:
    """Inside a transaction: what the snapshot covers and none of its open segments holds alive.

    Of a field that is not sealed at all, that is everything.
    """
    to = opened.snapshot.sequence
    for field in spec.fields:
        if field in opened.views and field not in opened.incomplete:
            continue
        held = BitMap()
        for view in opened.views.get(field, ()):
            held |= from_rows(view.segment.rows[view.alive_slots])
        rows = rows_within(connection, spec, field, -1, to) - held
        for page, stored in vectors_within(connection, spec, field, rows, to):
            yield VectorChunk(field, page, unit_rows(stored))
