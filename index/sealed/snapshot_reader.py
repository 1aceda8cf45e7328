"""Notices when another snapshot became the current one, and opens it. Owns what is open, and what is left out.

A segment that is damaged is left out alone: the catalogue holds its rows, which are then searched like fresh ones
until the builder has sealed them again.
"""

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic

from index.errors import CorruptError, StoreError
from index.sealed.sealed_items import SealedItems
from index.sealed.sealed_segment import SealedSegment
from index.sealed.sealed_view import SealedView
from index.sealed.segment_files import FILES, SegmentFiles
from index.sealed.snapshot import SealedField, Snapshot, SnapshotFiles
from index.sealed.trust import BEFORE_OPENING, note_damage, open_segment, put_stamp, remove_stamp, require_resources

log = logging.getLogger(__name__)
RETRY_S = 5.0
"""After a snapshot could not be opened for want of memory or file handles."""
ATTEMPTS = 3
"""A builder may replace a snapshot, and remove its segments, while they are being opened."""


@dataclass(frozen=True)
class OpenSnapshot:
    """A snapshot with its segments mapped, by field, as they stood at its sequence number."""

    snapshot: Snapshot
    views: Mapping[str, Sequence[SealedView]]
    items: SealedItems | None
    """None where they are damaged: the catalogue holds them."""
    incomplete: frozenset[str] = frozenset()
    """Fields of which a segment is left out."""

    @classmethod
    def unreadable(cls, sequence: int, fields: Sequence[str]) -> "OpenSnapshot":
        """In place of one that is damaged, with the number 0: which fields it had, and which rows, nobody knows."""
        return cls(Snapshot(0, sequence, {}), {}, None, frozenset(fields))


class ReplacedError(Exception):
    """Another snapshot was published while this one was being opened."""


class SnapshotReader:
    """One thread asks it for snapshots; any thread may tell it of damage."""

    def __init__(self, files: SnapshotFiles, writable: bool = False, on_card: bool = False) -> None:
        """`writable`: it may leave notes (stamps, damage) beside the segments. `on_card`: see `SealedSegment`."""
        self._files, self._writable, self._on_card = files, writable, on_card
        self._seen: tuple[int, int] | None = None
        self._segments: Mapping[str, SealedSegment] = {}  # replaced, never altered
        self._items: SealedItems | None = None
        self._damaged: frozenset[str] = frozenset()
        self._verified: frozenset[str] = frozenset()
        self._noting = threading.Lock()  # guards the two above
        self._not_before = 0.0
        self.is_unreadable = False
        """The current snapshot is damaged."""

    def is_changed(self) -> bool:
        """Cheap: one look at a file, and one for each segment."""
        return self._files.stamp() != self._seen or any(self._is_damaged(name) for name in self._segments)

    def newer(self, is_first: bool = False) -> OpenSnapshot | None:
        """The current snapshot, once. One that is damaged is reported, and left out: the catalogue holds everything.

        One that cannot be opened just now is looked at again after a while. Where it `is_first`, and there is nothing
        to search on meanwhile, raises OSError, StoreError, MemoryError.
        """
        if not self.is_changed() or monotonic() < self._not_before:
            return None
        self._seen = self._files.stamp()
        self.is_unreadable = False
        try:
            return self._open() if self._seen else None
        except (OSError, StoreError, MemoryError) as error:
            self._seen = None
            if is_first:
                raise
            log.warning("a newer snapshot cannot be opened, and what was there before is searched on: %s", error)
            self._not_before = monotonic() + RETRY_S
            return None

    def again(self) -> None:
        """Forget what was seen: it could not be taken over yet."""
        self._seen = None

    def unverified(self) -> list[SegmentFiles]:
        """The open segments of which not every file was read by this process."""
        return [SegmentFiles(self._files.segment(name)) for name in self._segments if name not in self._verified]

    def verified(self, name: str) -> None:
        with self._noting:
            self._verified |= {name}

    def distrust(self, name: str, why: str) -> None:
        """A damaged segment: left out from now on, by this process and by those that look."""
        log.error("%s; its rows are searched one by one until it is built again", why)
        with self._noting:
            self._damaged |= {name}
        if self._writable:
            note_damage(SegmentFiles(self._files.segment(name)), why)

    def close(self) -> None:
        """Note which files of each segment were read, and found whole."""
        for name in self._segments if self._writable else ():
            if not self._is_damaged(name):
                put_stamp(SegmentFiles(self._files.segment(name)), FILES if name in self._verified else BEFORE_OPENING)

    def _open(self) -> OpenSnapshot | None:
        for _ in range(ATTEMPTS):
            try:
                return self._opened()
            except ReplacedError:
                self._seen = self._files.stamp()
            except CorruptError as error:
                log.error(
                    "%s; what was open before is searched on, or else the catalogue, until it is built again", error
                )
                self.is_unreadable = True
                return None
        self._seen = None  # the next poll tries again
        return None

    def _opened(self) -> OpenSnapshot | None:
        snapshot = self._read()
        if snapshot is None:
            return None
        found = {name: self._segment(name) for sealed in snapshot.fields.values() for name in sealed.segments}
        segments = {name: segment for name, segment in found.items() if segment is not None}
        views = {
            name: [self._view(sealed, segments[one]) for one in sealed.segments if one in segments]
            for name, sealed in snapshot.fields.items()
        }
        incomplete = [name for name, sealed in snapshot.fields.items() if len(views[name]) < len(sealed.segments)]
        self._items = self._opened_items(snapshot)
        self._segments = segments
        return OpenSnapshot(snapshot, views, self._items, frozenset(incomplete))

    def _read(self) -> Snapshot | None:
        """Raises CorruptError, ReplacedError."""
        try:
            return self._files.read()
        except CorruptError as error:
            self._require_damage(error)
            raise

    def _require_damage(self, error: CorruptError) -> None:
        """Raises ReplacedError where a newer snapshot is the cause, StoreError where a want of resources is."""
        if self._files.stamp() != self._seen:
            raise ReplacedError from error
        require_resources(error)

    def _opened_items(self, snapshot: Snapshot) -> SealedItems | None:
        """Opened once; None where they are damaged, or the snapshot is of a format without. Raises ReplacedError."""
        if self._items is not None and self._items.name == snapshot.items:
            return self._items
        if snapshot.items is not None:
            try:
                return SealedItems(self._files.items(snapshot.items))
            except CorruptError as error:
                self._require_damage(error)
                log.error("%s; the items are read from the catalogue until they are built again", error)
        return None

    def _segment(self, name: str) -> SealedSegment | None:
        """Opened once; None where it is damaged. Raises ReplacedError."""
        if name in self._segments and not self._is_damaged(name):
            return self._segments[name]
        files = SegmentFiles(self._files.segment(name))
        try:
            if name in self._damaged:
                return None
            segment = open_segment(files.root, self._on_card)
        except CorruptError as error:
            self._require_damage(error)
            self.distrust(name, str(error))
            return None
        if self._writable:
            remove_stamp(files)
        return segment

    def _view(self, sealed: SealedField, segment: SealedSegment) -> SealedView:
        return SealedView.of(segment, sealed.dead_rows(segment.folder.name), sealed.curves)

    def _is_damaged(self, name: str) -> bool:
        return name in self._damaged or SegmentFiles(self._files.segment(name)).damage.exists()
