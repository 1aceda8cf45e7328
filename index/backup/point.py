"""A backup point: a manifest that names every file of a collection at one moment. Owns the repository's layout.

```
DIR/NAME/
  points/0000000007.json   manifests, written last: what is named in one is complete
  objects/ab/ab12…         pictures, thumbnails, and pieces of the other files
```
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from index.backup.objects import Objects
from index.catalog_connection import translated
from index.durable_files import make_folder, place_durably, sync_folder
from index.errors import CollectionLockedError, CollectionNotFoundError, CorruptError, StoreError

FORMAT_VERSION = 1
CATALOG = "catalog.sqlite"
PICTURES, THUMBNAILS = "pictures", "thumbnails"


@dataclass(frozen=True)
class StoredFile:
    """A file as the pieces it consists of; for the lists of pictures and thumbnails, each line names an object."""

    path: str
    """Below the collection's folder."""
    bytes: int
    sha256: str
    pieces: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """What tells whether the catalogue changed since: the same file, of the same history, at the same change."""

    history: str | None
    sequence: int
    format_version: int
    device: int
    inode: int


@dataclass(frozen=True)
class Point:
    """One moment of a collection."""

    number: int
    name: str
    created: str
    """UTC, ISO 8601."""
    items: int
    source: Source
    catalog: StoredFile
    sealed: tuple[StoredFile, ...]
    """The sealed side, where there was one that fits: it is derived, and saves the building."""
    pictures: StoredFile
    thumbnails: StoredFile
    missing: tuple[str, ...] = ()
    """Pictures that the items name and that were gone or damaged in the collection itself (the first hundred)."""
    format_version: int = FORMAT_VERSION


@dataclass(frozen=True)
class Repository:
    """The backups of one collection."""

    root: Path

    @property
    def objects(self) -> Objects:
        return Objects(self.objects_folder)

    @property
    def objects_folder(self) -> Path:
        return self.root / "objects"

    @property
    def points_folder(self) -> Path:
        return self.root / "points"

    def numbers(self) -> list[int]:
        """Of the points there are, oldest first."""
        return sorted(int(path.stem) for path in self.points_folder.glob("[0-9]*.json"))

    def read(self, number: int | None = None) -> Point:
        """A point, or the newest. Raises CollectionNotFoundError, CorruptError."""
        numbers = self.numbers()
        if not numbers or number not in (None, *numbers):
            known = ", ".join(map(str, numbers)) or "none"
            raise CollectionNotFoundError(f"there is no such backup point in {self.root}; there are: {known}")
        number = numbers[-1] if number is None else number
        try:
            found: dict[str, Any] = orjson.loads(self._path(number).read_bytes())
            text = orjson.dumps(found["point"])
            if hashlib.sha256(text).hexdigest() != found["sha256"]:
                raise ValueError("its checksum is another")
            return _loaded(found["point"])
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise CorruptError(f"backup point {number} in {self.root} cannot be read: {error}") from error

    def publish(self, point: Point) -> None:
        """The last step of a backup: from now on it counts."""
        text = orjson.dumps(asdict(point))
        manifest = {"sha256": hashlib.sha256(text).hexdigest(), "point": orjson.loads(text)}
        with translated():
            self.points_folder.mkdir(exist_ok=True)
            place_durably({self._path(point.number): orjson.dumps(manifest)})
            sync_folder(self.points_folder)
            sync_folder(self.root)

    def forget(self, numbers: Sequence[int]) -> None:
        with translated():
            for number in numbers:
                self._path(number).unlink(missing_ok=True)
            sync_folder(self.points_folder)

    @contextmanager
    def locked(self, exclusive: bool) -> Iterator[None]:
        """Backups alone, restores side by side. Raises CollectionLockedError, StoreError."""
        with translated():
            if exclusive:
                self._make()
            elif not self.root.is_dir():
                raise CollectionNotFoundError(f"there are no backups in {self.root}")
            descriptor = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
            yield
        except BlockingIOError as error:
            raise CollectionLockedError(f"another process uses the backups in {self.root}: wait for it") from error
        finally:
            os.close(descriptor)

    def _make(self) -> None:
        try:
            make_folder(self.root)
        except (FileNotFoundError, FileExistsError, NotADirectoryError, PermissionError) as error:
            raise StoreError(f"the folder {self.root} for backups cannot be made: {error.strerror}") from error

    def _path(self, number: int) -> Path:
        return self.points_folder / f"{number:010d}.json"


def _loaded(found: dict[str, Any]) -> Point:
    if found["format_version"] != FORMAT_VERSION:
        raise ValueError(f"it has format {found['format_version']}; this version reads {FORMAT_VERSION}")
    files = {key: _file(found[key]) for key in ("catalog", PICTURES, THUMBNAILS)}
    sealed = tuple(_file(one) for one in found["sealed"])
    rest = {"source": Source(**found["source"]), "sealed": sealed, "missing": tuple(found["missing"])}
    return Point(**{**found, **files, **rest})


def _file(found: dict[str, Any]) -> StoredFile:
    return StoredFile(**{**found, "pieces": tuple(found["pieces"])})
