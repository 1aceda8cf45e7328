"""Kept pictures and thumbnails as files named by their content. Owns the two folders of a collection.

A picture is durable before `keep` returns, so a committed row never refers to a missing file. A thumbnail is
derived: it is not synced, and a missing or damaged one is no error. Which files are in use is the catalogue's
knowledge and is passed in. Knows nothing of pixels.
"""

import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from index.catalog_connection import translated
from index.durable_files import place, place_durably, sync_folders

PREFIX = "sha256:"
SWEEP_AGE_S = 300.0
"""Younger files are left alone: belt and braces, since the sweep runs before the first write anyway."""


@contextmanager
def in_use(root: Path) -> Iterator[None]:
    """While this lasts no picture of the collection is swept, by whatever process: a backup copies them."""
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _sweeping(root: Path) -> Iterator[bool]:
    """False where somebody needs the pictures to stay."""
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(descriptor)


class PictureStore:
    """Files under `pictures/ab/ab12…` and `thumbnails/ab/ab12…`. Safe to call from several threads."""

    def __init__(self, root: Path, clock: Callable[[], float] = time.time) -> None:
        self._root = root
        self._pictures = root / "pictures"
        self._thumbnails = root / "thumbnails"
        self._clock = clock
        self._size = (-1, 0)  # the sequence number at which it was measured, and the bytes

    def keep(self, pictures: Sequence[bytes]) -> list[str]:
        """Store pictures durably; returns `sha256:<hex>` for each. Raises StorageFullError."""
        paths = [_path(self._pictures, hashlib.sha256(picture).hexdigest()) for picture in pictures]
        with translated():
            self._place({path: data for path, data in zip(paths, pictures, strict=True) if not path.exists()})
            # Whoever named a file or made a folder, its name is synced here: it may have been a moment ago.
            sync_folders({folder for path in paths for folder in path.parents[:3]})
        return [PREFIX + path.name for path in paths]

    def keep_thumbnail(self, thumbnail: bytes) -> str:
        """Store a thumbnail; returns its name."""
        path = _path(self._thumbnails, hashlib.sha256(thumbnail).hexdigest())
        with translated():
            if self.thumbnail(path.name) is None:
                path.parent.mkdir(parents=True, exist_ok=True)
                place(path, thumbnail)
        return path.name

    def picture(self, ref: str | None) -> bytes | None:
        """The bytes of a kept picture; None where the reference is not to one."""
        if ref is None or not ref.startswith(PREFIX):
            return None
        return _read(self._pictures, ref.removeprefix(PREFIX))

    def thumbnail(self, name: str | None) -> bytes | None:
        """The bytes of a thumbnail; None where it is missing or damaged: it is then made anew from the picture."""
        found = None if name is None else _read(self._thumbnails, name)
        return found if name is not None and found is not None and is_whole(name, found) else None

    def sweep(self, refs: Collection[str], thumbnails: Collection[str], age_s: float = SWEEP_AGE_S) -> int:
        """Delete files that nothing refers to; returns how many. Only while nobody writes; nothing during a backup."""
        used = {ref.removeprefix(PREFIX) for ref in refs}
        with translated(), _sweeping(self._root) as may_sweep:
            if not may_sweep:
                return 0
            before = self._clock() - age_s
            return _sweep(self._pictures, used, before) + _sweep(self._thumbnails, set(thumbnails), before)

    def disk_bytes(self, sequence: int) -> int:
        """A walk over the files, repeated only when something was written since: when `sequence` is another."""
        measured, size = self._size
        if measured != sequence:
            size = sum(_size(path) for path in [*self._pictures.glob("*/*"), *self._thumbnails.glob("*/*")])
            self._size = (sequence, size)
        return size

    def _place(self, files: Mapping[Path, bytes]) -> None:
        for path in files:
            path.parent.mkdir(parents=True, exist_ok=True)
        place_durably(files)


def is_whole(ref: str, data: bytes) -> bool:
    """Whether these bytes are what a reference, or the name of a thumbnail, names."""
    return hashlib.sha256(data).hexdigest() == ref.removeprefix(PREFIX)


def _path(folder: Path, name: str) -> Path:
    return folder / name[:2] / name


def _read(folder: Path, name: str) -> bytes | None:
    if not (len(name) == 64 and name.isalnum()):
        return None
    try:
        return _path(folder, name).read_bytes()
    except FileNotFoundError:
        return None


def _sweep(folder: Path, used: Collection[str], before: float) -> int:
    swept = 0
    for path in folder.glob("*/*"):
        if path.name not in used and path.stat().st_mtime < before:
            path.unlink()
            swept += 1
    return swept


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
