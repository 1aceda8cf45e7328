"""Takes a backup of a collection, whoever writes to it meanwhile.

What is in the repository already is not stored again: pictures and thumbnails (named by their content), segments
and codecs (immutable), the pieces of the catalogue whose pages did not change, and the catalogue altogether where
nothing was written since the last point. Everything is held in memory a few megabytes at a time.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from index.backup.catalog_copy import copied, open_source, reading
from index.backup.objects import BATCH, Objects, cut, pieces_of
from index.backup.point import CATALOG, PICTURES, THUMBNAILS, Point, Repository, Source, StoredFile
from index.backup.pruning import prune
from index.backup.sealed_copy import SealedCopy, open_sealed
from index.catalog_connection import translated
from index.collection_files import CollectionFiles, files_of
from index.errors import CollectionNotFoundError, CorruptError
from index.pictures import PREFIX, PictureStore, in_use, is_whole

MANY = 100
IMMUTABLE = ("segments/", "codecs/", "items/")
Progress = Callable[[str], None]
"""What is being done."""


@dataclass(frozen=True)
class BackupOrder:
    """What is asked for."""

    name: str
    into: Path
    keep: int | None = None
    """So many points stay, the newest; None: all."""
    verify: bool = False
    """Read what is there already, and store again what is damaged."""


@dataclass(frozen=True)
class BackupReport:
    """What became of it."""

    point: Point
    stored_bytes: int
    """Written to the repository; the rest was there."""
    removed_bytes: int
    points: int


def back_up(directory: Path, order: BackupOrder, progress: Progress = lambda doing: None) -> BackupReport:
    """`directory` holds the collections. Raises CollectionNotFoundError, CollectionLockedError, StorageFullError,
    CorruptError where the catalogue itself is damaged."""
    files = files_of(directory, order.name)
    if files.identity() is None:
        raise CollectionNotFoundError.of(order.name)
    repository = Repository(order.into / order.name)
    with repository.locked(exclusive=True), in_use(files.root):
        backup = _Backup(files, repository, Objects(repository.objects_folder, order.verify), progress)
        point = backup.taken(order.name)
        progress("removing what no point names")
        removed = prune(repository, order.keep)
    return BackupReport(point, backup.objects.written, removed, len(repository.numbers()))


@dataclass(frozen=True)
class _Backup:
    files: CollectionFiles
    repository: Repository
    objects: Objects
    progress: Progress

    def taken(self, name: str) -> Point:
        numbers = self.repository.numbers()
        before = None if self.objects.are_verified else self._before(numbers)
        # The sealed side first: what it covers is then in the catalogue that is read after it.
        with open_sealed(self.files.root) as sealed, ExitStack() as stack:
            with open_source(self.files.catalog) as (connection, source):
                is_changed = before is None or not _is_same(before, source)
                if is_changed:
                    self.progress("copying the catalogue")
                    copy = stack.enter_context(copied(connection, self.repository.root))
            if before is not None and not is_changed:
                point = replace(before, sealed=self._stored(sealed, before))
            else:
                point = self._anew(name, copy, source, self._stored(sealed, before))
        point = _numbered(point, (numbers[-1] if numbers else 0) + 1)
        self.repository.publish(point)
        return point

    def _before(self, numbers: list[int]) -> Point | None:
        try:
            return self.repository.read(numbers[-1]) if numbers else None
        except CorruptError:
            return None  # nothing of it is taken over

    def _anew(self, name: str, copy: Path, source: Source, sealed: tuple[StoredFile, ...]) -> Point:
        catalog = self._put(CATALOG, pieces_of(copy))
        missing: list[str] = []
        with reading(copy) as catalogue:
            (items,) = catalogue.execute("SELECT count(*) FROM items").fetchone()
            pictures = self._named(PICTURES, _refs(catalogue), missing)
            thumbnails = self._named(THUMBNAILS, _thumbnails(catalogue), [])
        return Point(0, name, "", items, source, catalog, sealed, pictures, thumbnails, tuple(missing[:MANY]))

    def _put(self, path: str, pieces: Iterable[bytes]) -> StoredFile:
        digest, size = hashlib.sha256(), 0

        def counted() -> Iterator[bytes]:
            nonlocal size
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                yield piece

        with translated():
            checksums = self.objects.put(counted())
        return StoredFile(path, size, digest.hexdigest(), tuple(checksums))

    def _stored(self, sealed: SealedCopy, before: Point | None) -> tuple[StoredFile, ...]:
        """Immutable files that the last point has are not even read."""
        known = {one.path: one for one in before.sealed if one.path.startswith(IMMUTABLE)} if before else {}
        stored = []
        for path, pieces in sealed.files():
            self.progress(f"copying {path}")
            stored.append(known.get(path) or self._put(path, pieces))
        return tuple(stored)

    def _named(self, folder: str, names: Iterator[str], missing: list[str]) -> StoredFile:
        """Copy what is named by its content; the list of the names is a file of the point."""
        self.progress(f"copying {folder}")
        kept = PictureStore(self.files.root)
        read = kept.picture if folder == PICTURES else kept.thumbnail

        def stored() -> Iterator[bytes]:
            batch: list[str] = []
            for name in names:
                batch.append(name)
                if len(batch) == BATCH:
                    yield from self._copied(batch, read, missing)
                    batch = []
            yield from self._copied(batch, read, missing)

        return self._put(f"{folder}.list", cut(stored()))

    def _copied(self, names: list[str], read: Callable[[str], bytes | None], missing: list[str]) -> Iterator[bytes]:
        new = [name for name in dict.fromkeys(names) if not self.objects.has(name.removeprefix(PREFIX))]
        self.objects.put(data for name in new if (data := read(name)) is not None and is_whole(name, data))
        gone = {name for name in new if not self.objects.has(name.removeprefix(PREFIX))}
        missing.extend(gone)
        yield from (f"{name.removeprefix(PREFIX)}\n".encode() for name in names if name not in gone)


def _is_same(before: Point, source: Source) -> bool:
    """Nothing was written since, so there is nothing to copy but the sealed side."""
    return before.source == source and source.history is not None and not before.missing


def _numbered(point: Point, number: int) -> Point:
    created = datetime.now(UTC).isoformat(timespec="seconds")
    return replace(point, number=number, created=created)


def _refs(catalogue: sqlite3.Connection) -> Iterator[str]:
    """In the order of the rows: the list grows at its end."""
    query = "SELECT picture_ref FROM items WHERE picture_ref LIKE ? ORDER BY row"
    return (ref for (ref,) in catalogue.execute(query, (f"{PREFIX}%",)))


def _thumbnails(catalogue: sqlite3.Connection) -> Iterator[str]:
    return (name for (name,) in catalogue.execute("SELECT thumbnail FROM items WHERE thumbnail NOT NULL ORDER BY row"))
