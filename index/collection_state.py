"""What a process holds in memory of a collection: segments, attributes, ids. Owns the lock and what is visible.

Everything here is a function of the catalogue at one sequence number. `follow` brings it up to date and shows a
whole transaction or none of it. A search takes an immutable `View` and the rows its filter allows, both under the
lock and for the same sequence number; the scan itself runs without the lock.
"""

import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np
from pyroaring import BitMap

from index.attribute_values import Schema
from index.bitmaps import Rows
from index.catalog_connection import transaction
from index.changes import Changes, committed, read_changes
from index.errors import CollectionNotFoundError, SequenceTimeoutError
from index.field_segments import FieldSegments
from index.filters import FilterScope, Prepared, matching, prepared
from index.index_description import index_info
from index.index_info import IndexInfo, SealProgress
from index.item_state import ItemState
from index.retired import Retired
from index.sealed.codec import chosen
from index.sealed.lost_rows import lost_rows, lost_vectors
from index.sealed.policy import FieldStanding
from index.sealed.snapshot import Snapshot
from index.sealed.snapshot_reader import OpenSnapshot, SnapshotReader
from index.types import CollectionSpec, Facet, FieldName, Filter, Vectors
from index.view import View

FEW_EXCLUDED = 32
"""So many rows more are looked for instead."""
NOTHING = -1
"""Before the first change."""


class CollectionState:
    """Safe to call from several threads."""

    def __init__(self, spec: CollectionSpec, sealed: SnapshotReader | None = None, most_lost: int = 0) -> None:
        """`sealed`: tells of snapshots, which are taken over as they come. `most_lost`: rows of damaged segments that
        are searched one by one, of each field."""
        self._spec, self._sealed, self._most_lost = spec, sealed, most_lost
        self._snapshot: Snapshot | None = None
        self._replaced = Retired()  # by the last snapshot
        self._following = threading.Lock()
        self._changed = threading.Condition()  # guards everything below
        self._items = ItemState()
        self._segments = {field: FieldSegments(spec.dimension) for field in spec.fields}
        self._left_out: Mapping[str, int] = {}
        self._sequence = NOTHING
        self._closed = False
        self._view = self._new_view()

    def follow(self, connection: sqlite3.Connection) -> None:
        """Catch up with what is committed, and show it all at once."""
        with self._following, transaction(connection):
            self._catch_up(connection)

    def select_at(
        self, connection: sqlite3.Connection, filter_: Filter | None, exclude: Iterable[str] = ()
    ) -> tuple[View, Prepared | None]:
        """Inside a read transaction: catch up with what it sees; the view, and what is allowed in it (None: all).

        A snapshot that waits is left to `follow`; one that is being taken over just now is waited for. Nothing may have
        been read in the transaction before, else it could see less than memory holds already.
        Raises FilterError.
        """
        with self._following:
            self._read_on(connection)
            with self._changed:
                self._check_open()
                return self._view, self._prepared(filter_, exclude)

    def _catch_up(self, connection: sqlite3.Connection) -> None:
        self._replaced.release()
        opened = self._newer_snapshot(committed(connection))
        if opened is not None:
            self._take_over(connection, opened)
        else:
            self._read_on(connection)

    def _read_on(self, connection: sqlite3.Connection) -> None:
        if committed(connection) > self._sequence:
            self._apply(read_changes(connection, self._sequence, self._items.live, self._spec))

    @property
    def is_behind(self) -> bool:
        """A snapshot waits to be taken over, or what it replaced to be freed."""
        return self._replaced.is_due or (self._sealed is not None and self._sealed.is_changed())

    @property
    def snapshot(self) -> Snapshot | None:
        return self._snapshot

    def standing(self) -> list[FieldStanding]:
        """Of each field, what its sealing depends on."""
        dimension, codec = self._spec.dimension, chosen(self._spec.codec, self._spec.dimension)
        with self._changed:
            fresh = {field: one.fresh + self._left_out.get(field, 0) for field, one in self._segments.items()}
            return [
                FieldStanding(dimension, codec, fresh[field], one.live - one.fresh, one.fresh_age_s, one.wasted)
                for field, one in self._segments.items()
            ]

    def index_info(self, building: SealProgress) -> IndexInfo:
        """What is sealed, and what was measured of it."""
        with self._changed:
            self._check_open()
            mapped_bytes = self._items.mapped_bytes
            return index_info(self._spec, self._snapshot, self._segments, self._left_out, mapped_bytes, building)

    def sample(self, count: int) -> list[int]:
        """Distinct live rows, at random; all where there are fewer."""
        live = self.matching(None)  # never altered
        places = np.random.default_rng().permutation(len(live))[:count] if count < len(live) else range(len(live))
        return [live[int(place)] for place in places]

    def select(self, filter_: Filter | None, exclude: Iterable[str] = ()) -> tuple[View, BitMap | None, BitMap]:
        """The current view, the rows allowed in it (None: all), and the few to be left out of what is found.

        Without a filter, a few excluded rows make no search of all rows a filtered one. Raises FilterError.
        """
        with self._changed:
            self._check_open()
            excluded = self._rows(exclude)
            if filter_ is None and len(excluded) <= FEW_EXCLUDED:
                return self._view, None, excluded
            return self._view, self._matching(filter_) - excluded, BitMap()

    def matching(self, filter_: Filter | None) -> BitMap:
        with self._changed:
            self._check_open()
            return self._matching(filter_)

    def facets(self, keys: Iterable[str], among: BitMap, limit: int) -> list[Facet]:
        """Outside the lock: to count many values takes long."""
        with self._changed:
            self._check_open()
            attributes = self._items.attributes
        return [attributes.facet(key, among, limit) for key in keys]

    def vectors(self, field: FieldName, rows: Rows) -> tuple[Sequence[bool], Vectors]:
        """Which rows have a vector, and float32 [n, d] with zeros where none."""
        with self._changed:
            self._check_open()
            found, vectors = self._segments[field].vectors(rows)
        return found.tolist(), vectors

    def rows_of(self, ids: Sequence[str]) -> list[int]:
        """Rows by id, -1 where unknown."""
        with self._changed:
            return [self._items.ids.row_of.get(id_, -1) for id_ in ids]

    def wait_for(self, sequence: int, timeout_s: float) -> None:
        """Raises SequenceTimeoutError."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._sequence >= sequence, timeout_s)
            self._check_open()
            if self._sequence < sequence:
                raise SequenceTimeoutError(
                    f"sequence {sequence} is not visible after {timeout_s:g} s; {self._sequence} is"
                )

    @property
    def schema(self) -> Schema:
        with self._changed:
            return self._items.attributes.schema

    @property
    def sequence(self) -> int:
        return self._sequence

    def sizes(self) -> tuple[int, Mapping[FieldName, int], int]:
        """(items, vectors by field, bytes in memory)"""
        with self._changed:
            self._check_open()
            vectors = {field: segment.live for field, segment in self._segments.items()}
            held = sum(segment.nbytes for segment in self._segments.values()) + self._items.nbytes
            return len(self._items.live), vectors, held

    def close(self) -> None:
        """Refuse everything from now on, and wake who waits."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _newer_snapshot(self, at: int) -> OpenSnapshot | None:
        if self._sealed is None:
            return None
        is_first = self._sequence == NOTHING
        opened = self._sealed.newer(is_first)
        if is_first and self._sealed.is_unreadable:
            return OpenSnapshot.unreadable(at, self._spec.fields)
        if opened is not None and opened.snapshot.sequence > at:  # read before the builder read
            self._sealed.again()
            return None
        return opened

    def _take_over(self, connection: sqlite3.Connection, opened: OpenSnapshot) -> None:
        """Made ready apart, then shown at once: searches go on meanwhile, but for those of texts; writes wait."""
        try:
            items, segments = ItemState(opened.items), self._sealed_segments(opened)
            to = opened.snapshot.sequence
            since = NOTHING if opened.items is None else to
            changes = read_changes(connection, since, items.live, self._spec, vectors_since=to)
            lost = lost_rows(connection, self._spec, opened, self._most_lost)
            for chunk in chain(changes.vectors, lost_vectors(connection, self._spec, lost, to)):
                segments[chunk.field].stage(chunk.rows, chunk.vectors)
            items.apply(changes)
            for segment in segments.values():
                segment.publish(changes.revectored | (segment.sealed_rows() - items.live))
        except BaseException:
            assert self._sealed is not None
            self._sealed.again()
            raise
        with self._changed:
            self._replaced.keep((self._items, self._segments, self._view))
            self._items, self._segments = items, segments
            self._snapshot = opened.snapshot if opened.snapshot.number else None
            self._left_out = lost.left_out
            self._shown(changes.sequence)
        self._compact()

    def _sealed_segments(self, opened: OpenSnapshot) -> dict[FieldName, FieldSegments]:
        """New ones around a snapshot: to be filled with what is newer."""
        views = opened.views
        return {
            field: FieldSegments(
                self._spec.dimension, [replace(view, recall=self._spec.recall) for view in views.get(field, ())]
            )
            for field in self._spec.fields
        }

    def _apply(self, changes: Changes) -> None:
        for segment in self._segments.values():
            segment.unstage()  # of an attempt that failed half way
        for chunk in changes.vectors:
            self._segments[chunk.field].stage(chunk.rows, chunk.vectors)
        with self._changed:
            self._items.apply(changes)
            for segment in self._segments.values():
                segment.publish(changes.deleted | changes.revectored)
            self._shown(changes.sequence)
        self._compact()

    def _shown(self, sequence: int) -> None:
        self._sequence = sequence
        self._view = self._new_view()
        self._changed.notify_all()

    def _compact(self) -> None:
        """Outside the lock: only the thread that follows changes a segment."""
        for field, segment in self._segments.items():
            if segment.needs_compaction():
                compacted = segment.compacted()
                with self._changed:
                    self._segments[field] = compacted
                    self._view = self._new_view()

    def _new_view(self) -> View:
        segments = {field: segment.views for field, segment in self._segments.items()}
        number = self._snapshot.number if self._snapshot else None
        return View(self._sequence, number, segments, self._items.ids.id_of)

    def _matching(self, filter_: Filter | None) -> BitMap:
        if filter_ is None:
            return self._items.live
        return matching(filter_, self._scope())

    def _prepared(self, filter_: Filter | None, exclude: Iterable[str]) -> Prepared | None:
        excluded = self._rows(exclude)
        if filter_ is None and not excluded:
            return None
        allowed = prepared(filter_ or Filter(), self._scope())
        return lambda texts: allowed(texts) - excluded

    def _scope(self) -> FilterScope:
        items = self._items
        return FilterScope(items.attributes.columns, items.live, items.ids.row_of)

    def _rows(self, ids: Iterable[str]) -> BitMap:
        rows = map(self._items.ids.row_of.get, ids)
        return BitMap([row for row in rows if row is not None])

    def _check_open(self) -> None:
        if self._closed:
            raise CollectionNotFoundError(f"collection '{self._spec.name}' was closed or dropped")
