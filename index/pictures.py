"""Kept pictures and thumbnails as files named by their content. Owns the two folders of a collection.

A picture is durable before `keep` returns, so a committed row never refers to a missing file. A thumbnail is
derived: it is not synced, and a missing or damaged one is no error. Which files are in use is the catalogue's
knowledge and is passed in. Knows nothing of pixels.
"""

import fcntl
import hashlib
import os
import re
import threading
import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import numpy as np

from index.catalog_connection import translated
from index.durable_files import place, place_durably, sync_folders

PREFIX = "sha256:"
SWEEP_AGE_S = 300.0
"""Younger files are left alone: their rows are perhaps about to be written."""
_HEAD = re.compile("[0-9a-f]{16}")
"""Of a digest, by which it is told whether a file is in use: at worst one stays that is not."""
FilesInUse: TypeAlias = Callable[[], tuple[Container[str], Container[str]]]
"""Looks up the references to pictures, and the names of thumbnails."""


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


class NamesInUse(Container[str]):
    """References, or names of thumbnails, in eight bytes each: of ten million items they fit into memory."""

    def __init__(self, names: Iterable[str]) -> None:
        digests = (digest for name in names if (digest := _digest(name)) is not None)
        self._digests = np.unique(np.fromiter(digests, np.uint64))

    def __contains__(self, name: object) -> bool:
        digest = _digest(name) if isinstance(name, str) else None
        if digest is None:
            return False
        place = int(np.searchsorted(self._digests, np.uint64(digest)))
        return place < len(self._digests) and int(self._digests[place]) == digest


class PictureStore:
    """Files under `pictures/ab/ab12…` and `thumbnails/ab/ab12…`. Safe to call from several threads."""

    def __init__(self, root: Path, clock: Callable[[], float] = time.time) -> None:
        self._root = root
        self._pictures = root / "pictures"
        self._thumbnails = root / "thumbnails"
        self._clock = clock
        self._ageing = threading.Lock()  # so that no file grows young between a look at its age and its end
        self._size = (-1, 0)  # the sequence number at which it was measured, and the bytes

    def keep(self, pictures: Sequence[bytes]) -> list[str]:
        """Store pictures durably; returns `sha256:<hex>` for each. Raises StorageFullError."""
        paths = [_path(self._pictures, hashlib.sha256(picture).hexdigest()) for picture in pictures]
        with translated():
            self._place(
                {path: data for path, data in zip(paths, pictures, strict=True) if not self._renewed(path, data)}
            )
            # Whoever named a file or made a folder, its name is synced here: it may have been a moment ago.
            sync_folders({folder for path in paths for folder in path.parents[:3]})
        return [PREFIX + path.name for path in paths]

    def keep_thumbnail(self, thumbnail: bytes) -> str:
        """Store a thumbnail; returns its name."""
        path = _path(self._thumbnails, hashlib.sha256(thumbnail).hexdigest())
        with translated():
            if not self._renewed(path, thumbnail):
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

    def sweep(self, in_use: FilesInUse, age_s: float = SWEEP_AGE_S) -> int:
        """Delete old files that nothing refers to; returns how many. Nothing during a backup.

        Other threads may write meanwhile: what is kept since the names in use were looked up is young.
        """
        with translated(), _sweeping(self._root) as may_sweep:
            if not may_sweep:
                return 0
            before = self._clock() - age_s  # of the time before the names are looked up, however long that takes
            refs, thumbnails = in_use()
            lost = [path for path in self._pictures.glob("*/*") if PREFIX + path.name not in refs]
            lost += [path for path in self._thumbnails.glob("*/*") if path.name not in thumbnails]
            return sum(self._unlinked(path, before) for path in lost)

    def disk_bytes(self, sequence: int) -> int:
        """A walk over the files, repeated only when something was written since: when `sequence` is another."""
        measured, size = self._size
        if measured != sequence:
            size = sum(_size(path) for path in [*self._pictures.glob("*/*"), *self._thumbnails.glob("*/*")])
            self._size = (sequence, size)
        return size

    def _renewed(self, path: Path, data: bytes) -> bool:
        """Whether the file is there and whole; it is young again then."""
        try:
            if path.read_bytes() != data:
                return False
            with self._ageing:
                os.utime(path)
        except FileNotFoundError:
            return False
        return True

    def _unlinked(self, path: Path, before: float) -> bool:
        try:
            with self._ageing:
                if path.stat().st_mtime >= before:
                    return False
                path.unlink()
        except FileNotFoundError:
            return False
        return True

    def _place(self, files: Mapping[Path, bytes]) -> None:
        for path in files:
            path.parent.mkdir(parents=True, exist_ok=True)
        place_durably(files)


def is_whole(ref: str, data: bytes) -> bool:
    """Whether these bytes are what a reference, or the name of a thumbnail, names."""
    return hashlib.sha256(data).hexdigest() == ref.removeprefix(PREFIX)


def _digest(name: str) -> int | None:
    """The head of a digest; None of what is not named by one."""
    found = _HEAD.match(name.removeprefix(PREFIX))
    return int(found[0], 16) if found else None


def _path(folder: Path, name: str) -> Path:
    return folder / name[:2] / name


def _read(folder: Path, name: str) -> bytes | None:
    if not (len(name) == 64 and name.isalnum()):
        return None
    try:
        return _path(folder, name).read_bytes()
    except FileNotFoundError:
        return None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
