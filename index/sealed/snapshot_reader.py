"""Notices when another snapshot became the current one, and opens it. Owns what was last seen of `CURRENT`."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyroaring import BitMap

from index.bitmaps import to_rows
from index.errors import CorruptError
from index.sealed.sealed_segment import SealedSegment, SealedView
from index.sealed.snapshot import SealedField, Snapshot, SnapshotFiles

log = logging.getLogger(__name__)
ATTEMPTS = 3
"""A builder may replace a snapshot, and remove its segments, while they are being opened."""


@dataclass(frozen=True)
class OpenSnapshot:
    """A snapshot with its segments mapped, by field, as they stood at its sequence number."""

    snapshot: Snapshot
    views: Mapping[str, Sequence[SealedView]]


class SnapshotReader:
    """One thread asks it."""

    def __init__(self, files: SnapshotFiles) -> None:
        self._files = files
        self._seen: tuple[int, int] | None = None

    def is_changed(self) -> bool:
        """Cheap: one look at a file."""
        return self._stamp() != self._seen

    def newer(self) -> OpenSnapshot | None:
        """The current snapshot, once. One that is damaged is reported, and left out: the catalogue holds everything."""
        stamp = self._stamp()
        if stamp == self._seen:
            return None
        self._seen = stamp
        return self._open() if stamp else None

    def again(self) -> None:
        """Forget what was seen: it could not be taken over yet."""
        self._seen = None

    def _open(self) -> OpenSnapshot | None:
        for attempt in range(ATTEMPTS):
            try:
                return self._opened()
            except CorruptError as error:
                if attempt == ATTEMPTS - 1:
                    log.error("%s; searches scan everything until it is built again", error)
        return None

    def _opened(self) -> OpenSnapshot | None:
        snapshot = self._files.read()
        if snapshot is None:
            return None
        views = {name: [self._view(sealed, one) for one in sealed.segments] for name, sealed in snapshot.fields.items()}
        return OpenSnapshot(snapshot, views)

    def _view(self, sealed: SealedField, name: str) -> SealedView:
        view = SealedView(SealedSegment(self._files.segment(name)), BitMap(), tuple(sealed.curves.get("image", ())))
        return view.without(to_rows(sealed.dead_rows(name)))

    def _stamp(self) -> tuple[int, int] | None:
        try:
            found = self._files.current.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns
