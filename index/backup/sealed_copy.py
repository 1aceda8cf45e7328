"""The sealed side of a collection, held open while it is copied: a builder may replace and remove it meanwhile."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from index.backup.objects import PIECE
from index.errors import CorruptError
from index.sealed.sealed_items import ARRAYS
from index.sealed.sealed_items import DESCRIPTION as DESCRIPTION_OF_ITEMS
from index.sealed.segment_files import DESCRIPTION, FILES, SegmentFiles
from index.sealed.snapshot import SnapshotFiles

ATTEMPTS = 5


@dataclass(frozen=True)
class SealedCopy:
    """Open files by their path below the collection's folder; none where nothing is sealed, or it is damaged."""

    opened: dict[str, BinaryIO]

    def files(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        for path, file in self.opened.items():
            yield path, iter(lambda file=file: file.read(PIECE), b"")  # type: ignore[misc]


@contextmanager
def open_sealed(root: Path) -> Iterator[SealedCopy]:
    """What the current snapshot names; empty after some attempts, since it can be built again."""
    with ExitStack() as stack:
        opened: dict[str, BinaryIO] = {}
        for _ in range(ATTEMPTS):
            stamp = SnapshotFiles(root).stamp()
            try:
                opened = {path: stack.enter_context((root / path).open("rb")) for path in _paths(root)}
            except (FileNotFoundError, CorruptError):
                opened = {}  # replaced meanwhile, or damaged
                continue
            if SnapshotFiles(root).stamp() == stamp:
                break
            opened = {}  # of two snapshots
        yield SealedCopy(opened)


def _paths(root: Path) -> list[str]:
    files = SnapshotFiles(root)
    snapshot = files.read()
    if snapshot is None:
        return []
    segments = [files.segment(name) for sealed in snapshot.fields.values() for name in sealed.segments]
    if any(SegmentFiles(segment).damage.exists() for segment in segments):
        raise CorruptError("a segment is damaged")
    found = [segment / name for segment in segments for name in (*FILES, DESCRIPTION)]
    found += [files.codec(sealed.codec) for sealed in snapshot.fields.values()]
    if snapshot.items is not None:
        found += [files.items(snapshot.items) / name for name in (ARRAYS, DESCRIPTION_OF_ITEMS)]
    found += [files.description(snapshot.number), files.current]
    return [str(path.relative_to(root)) for path in found]
