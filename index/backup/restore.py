"""Brings a backup point back as a collection: every checksum first, then visible in one step, or not at all."""

import logging
import shutil
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from index.backup.catalog_copy import check
from index.backup.objects import Objects
from index.backup.point import PICTURES, THUMBNAILS, Point, Repository, StoredFile
from index.backup.reading import content, lines
from index.catalog import begin_history
from index.catalog_connection import connect, transaction, translated
from index.catalog_migration import format_of
from index.catalog_schema import FORMAT_VERSION
from index.collection_files import CollectionFiles, check_name, draft, files_of, publish
from index.durable_files import place_durably, sync_file, sync_folders
from index.errors import CollectionExistsError, CorruptError
from index.spec_text import dump_spec, load_spec

log = logging.getLogger(__name__)
TOGETHER, TOGETHER_BYTES = 64, 16 * 2**20
"""Pictures held and written at a time: so many, or of so many bytes."""
Progress = Callable[[str], None]


@dataclass(frozen=True)
class RestoreOrder:
    """What is asked for."""

    source: Path
    """The folder that backups were made to."""
    name: str
    target: str | None = None
    """Another name than the backed-up one."""
    point: int | None = None
    """None: the newest."""
    skip_damaged: bool = False
    """Leave out pictures that are damaged in the backup, instead of giving up."""


@dataclass(frozen=True)
class RestoreReport:
    """What became of it."""

    point: Point
    name: str
    is_sealed: bool
    """With the sealed side; without it, it is built again."""
    lost_pictures: int = 0
    """Left out, since the backup's are damaged."""
    lost_thumbnails: int = 0
    """The same; they can be made again from the pictures."""


def restore(directory: Path, order: RestoreOrder, progress: Progress = lambda doing: None) -> RestoreReport:
    """`directory` holds the collections. Raises CollectionExistsError, CollectionNotFoundError, CorruptError,
    StorageFullError; then nothing is left."""
    check_name(order.name)
    target = files_of(directory, order.target or order.name)
    _require_free(target)
    repository = Repository(order.source / order.name)
    with repository.locked(exclusive=False), draft(directory, target.root.name) as made:
        point = repository.read(order.point)
        restoring = _Restoring(made.root, repository.objects, progress, order.skip_damaged)
        report = restoring.restored(point, target.root.name)
        if not publish(made, target):
            _require_free(target)
    return report


@dataclass(frozen=True)
class _Restoring:
    root: Path
    objects: Objects
    progress: Progress
    skip_damaged: bool

    def restored(self, point: Point, name: str) -> RestoreReport:
        self.progress("restoring the catalogue")
        self._write(point.catalog)
        catalog = CollectionFiles(self.root).catalog
        check(catalog)
        _rename(catalog, name)
        lost_pictures = self._write_named(PICTURES, lines(self.objects, point.pictures), self.skip_damaged)
        lost_thumbnails = self._write_named(THUMBNAILS, lines(self.objects, point.thumbnails), True)
        is_sealed = self._write_sealed(point.sealed)
        with translated():
            sync_folders([path for path in self.root.rglob("*") if path.is_dir()])
        return RestoreReport(point, name, is_sealed, lost_pictures, lost_thumbnails)

    def _write_sealed(self, files: Iterable[StoredFile]) -> bool:
        """Derived: a damaged one is left out."""
        files = list(files)
        try:
            for file in files:
                self.progress(f"restoring {file.path}")
                self._write(file)
        except CorruptError as error:
            log.warning("%s; the collection comes back without its sealed side, which is built again", error)
            for left in {self.root / Path(file.path).parts[0] for file in files}:
                shutil.rmtree(left, ignore_errors=True)
                left.unlink(missing_ok=True)
            return False
        return bool(files)

    def _write(self, file: StoredFile) -> None:
        path = self.root / file.path
        if not path.resolve().is_relative_to(self.root.resolve()):
            raise CorruptError(f"the backup names a file outside of the collection: {file.path}")
        with translated():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as written:
                for piece in content(self.objects, file):
                    written.write(piece)
            sync_file(path)

    def _write_named(self, folder: str, names: Iterable[str], skip_damaged: bool) -> int:
        """How many were left out. Raises CorruptError where none may be."""
        self.progress(f"restoring {folder}")
        batch: dict[Path, bytes] = {}
        damaged = set[str]()
        for name in names:
            path = self.root / folder / name[:2] / name
            if not path.exists():
                try:
                    batch[path] = self.objects.get(name)
                except CorruptError as error:
                    if not skip_damaged:
                        raise CorruptError(f"{error}: `--skip-damaged` brings back all but such pictures") from error
                    damaged.add(name)
            if len(batch) == TOGETHER or sum(map(len, batch.values())) >= TOGETHER_BYTES:
                self._place(batch)
                batch = {}
        self._place(batch)
        return len(damaged)

    def _place(self, batch: dict[Path, bytes]) -> None:
        with translated():
            for path in batch:
                path.parent.mkdir(parents=True, exist_ok=True)
            place_durably(batch)


def _rename(path: Path, name: str) -> None:
    """The name in its specification, and a history of its own: from here on it may go another way."""
    with closing(connect(path, writable=True)) as connection, transaction(connection, "IMMEDIATE"):
        if format_of(connection) > FORMAT_VERSION:
            raise CorruptError("the backup is of a newer version: restore it with that one")
        (text,) = connection.execute("SELECT value FROM meta WHERE key = 'spec'").fetchone()
        spec = replace(load_spec(text, {}), name=name)
        connection.execute("UPDATE meta SET value = ? WHERE key = 'spec'", (dump_spec(spec),))
        begin_history(connection)


def _require_free(files: CollectionFiles) -> None:
    if files.root.exists():
        raise CollectionExistsError(
            f"there is a collection '{files.root.name}' already: restore under another name, or drop that one first"
        )
