"""Where the files of a collection lie, and what is a name. Owns the layout and the atomic create and drop."""

import fcntl
import os
import re
import shutil
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from index.catalog_connection import translated
from index.durable_files import make_folder, sync_folder
from index.errors import CollectionNameError

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
HIDDEN = (".creating-", ".dropped-")
LEFTOVER_AGE_S = 600.0


@dataclass(frozen=True)
class CollectionFiles:
    """The folder of one collection."""

    root: Path

    @property
    def catalog(self) -> Path:
        return self.root / "catalog.sqlite"

    @property
    def lock(self) -> Path:
        return self.root / "writer.lock"

    def identity(self) -> int | None:
        """Tells this catalogue from a later one of the same name; None where there is none."""
        try:
            return self.catalog.stat().st_ino
        except FileNotFoundError:
            return None

    def catalog_bytes(self) -> int:
        return _bytes_of(self.root.glob("catalog.sqlite*"))

    def sealed_bytes(self) -> int:
        """Segments, codecs, items and snapshots: what can be built again."""
        folders = ("segments", "codecs", "items", "snapshots")
        return sum(_bytes_of((self.root / folder).rglob("*")) for folder in folders)


def _bytes_of(paths: Iterable[Path]) -> int:
    """Of the files among them; one that goes meanwhile counts nothing."""
    total = 0
    for path in paths:
        with suppress(FileNotFoundError):
            total += path.stat().st_size if path.is_file() else 0
    return total


def files_of(directory: Path, name: str) -> CollectionFiles:
    """Raises CollectionNameError: a name never leaves the directory."""
    check_name(name)
    return CollectionFiles(directory / name)


def check_name(name: str) -> None:
    """Raises CollectionNameError."""
    if not NAME.fullmatch(name):
        raise CollectionNameError(
            f"{name[:80]!r} is not a collection name: 1 to 64 of a-z, 0-9, '-' and '_', a letter or digit first"
        )


def names_in(directory: Path) -> list[str]:
    found = directory.glob("*/catalog.sqlite")
    return sorted(path.parent.name for path in found if NAME.fullmatch(path.parent.name))


def folders_in(directory: Path) -> list[str]:
    """The names of all collections, also of those whose catalogue is lost."""
    return sorted(path.name for path in directory.glob("*") if path.is_dir() and NAME.fullmatch(path.name))


@contextmanager
def draft(directory: Path, name: str) -> Iterator[CollectionFiles]:
    """A hidden folder in which a collection is made ready; gone at the end, unless it was published."""
    root = directory / f".creating-{name}-{uuid.uuid4().hex}"
    with translated():
        make_folder(directory)
        root.mkdir()
        descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)  # a restore takes its time: whoever cleans up sees that it goes on
        yield CollectionFiles(root)
    finally:
        os.close(descriptor)
        shutil.rmtree(root, ignore_errors=True)


def publish(made: CollectionFiles, files: CollectionFiles) -> bool:
    """Give a finished draft its name, durably. False where the name is taken."""
    with translated():
        sync_folder(made.root)
        try:
            made.root.rename(files.root)
        except OSError:
            if files.catalog.exists():
                return False
            raise
        sync_folder(files.root.parent)
    return True


def remove(files: CollectionFiles) -> Path:
    """Take the name away in one durable step. What is left of the collection is then nobody's: `discard` it."""
    with translated():
        doomed = files.root.with_name(f".dropped-{files.root.name}-{uuid.uuid4().hex}")
        files.root.rename(doomed)
        sync_folder(files.root.parent)
    return doomed


def discard(doomed: Path) -> None:
    """Delete what `remove` left; takes a while where there are many pictures."""
    shutil.rmtree(doomed, ignore_errors=True)


def remove_leftovers(directory: Path) -> None:
    """Delete what a killed process left of a create or a drop; young folders may still be in the making."""
    for path in directory.glob(".*-*"):
        with suppress(FileNotFoundError):  # another process cleans up too
            is_old = path.name.startswith(HIDDEN) and path.stat().st_mtime < time.time() - LEFTOVER_AGE_S
            if is_old and not _is_locked(path):
                shutil.rmtree(path, ignore_errors=True)


def _is_locked(folder: Path) -> bool:
    """Or gone: another process cleans up too."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
