"""Whether the files of a segment are whole: what is read before FAISS maps it, and the stamp that saves the reading.

Damaged lists can end the process inside FAISS, and damaged row numbers show other items, so these are compared with
their checksums before a segment is opened. The stored vectors are many times larger; they are read afterwards, in
the background, unless they are few. The stamp holds what the file system said of the files when they were
last found whole. Who opens a segment to serve removes it, and puts it back on closing: after a crash everything is
read again.
"""

import errno
import logging
import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

import orjson

from index.durable_files import place
from index.errors import CorruptError, StoreError
from index.sealed.sealed_segment import SealedSegment
from index.sealed.segment_files import LISTS, ROWS, SLOTS, VECTORS, SegmentFiles, is_named, sha256_of
from index.sealed.snapshot import SnapshotFiles

log = logging.getLogger(__name__)
STAMP = "verified.json"
WANTING = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
BEFORE_OPENING = (LISTS, ROWS, SLOTS)
AT_ONCE_BYTES = 64 * 2**20
"""Stored vectors up to this size are read before opening too: a fraction of a second."""
FileStamp = list[int]
"""Size, modification and change time in nanoseconds, inode."""


def open_segment(folder: Path, on_card: bool = False) -> SealedSegment:
    """Opened once its files were found whole, now or before. Raises CorruptError."""
    files = SegmentFiles(folder)
    if files.damage.exists():
        raise CorruptError(f"segment {folder.name} was found damaged: {_text(files.damage)}")
    description = files.description()
    known = read_stamp(files)
    files.verify(description, [name for name in _needed(files) if known.get(name) != _stat(folder / name)])
    return SealedSegment(folder, on_card)


def require_resources(error: CorruptError) -> None:
    """Raises StoreError where the process lacks memory or file handles: nothing is damaged, and it passes."""
    cause = error.__cause__
    known = cause.errno if isinstance(cause, OSError) else None
    if known in WANTING or any(os.strerror(number) in str(cause) for number in WANTING):  # FAISS tells it as a text
        raise StoreError(f"{error}: nothing is damaged, but the process has no room for it") from error


def is_whole_codec(files: SnapshotFiles, name: str) -> bool:
    """Codecs of the first format carry no checksum, and are believed."""
    path = files.codec(name)
    return path.is_file() and is_named(name, sha256_of(path))


def read_stamp(files: SegmentFiles) -> Mapping[str, FileStamp]:
    try:
        found = orjson.loads((files.root / STAMP).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def put_stamp(files: SegmentFiles, names: Collection[str]) -> None:
    """Note that these files were whole. A stamp that cannot be written only costs a reading."""
    with suppress(OSError):
        place(files.root / STAMP, orjson.dumps({name: _stat(files.root / name) for name in names}))


def remove_stamp(files: SegmentFiles) -> None:
    with suppress(OSError):
        (files.root / STAMP).unlink(missing_ok=True)


def note_damage(files: SegmentFiles, what: str) -> None:
    """For other processes, and for the builder."""
    with suppress(OSError):
        place(files.damage, what.encode())


def _needed(files: SegmentFiles) -> list[str]:
    with suppress(OSError):  # missing: found out when it is read
        if files.vectors.stat().st_size > AT_ONCE_BYTES:
            return [*BEFORE_OPENING]
    return [*BEFORE_OPENING, VECTORS]


def _stat(path: Path) -> FileStamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]


def _text(path: Path) -> str:
    with suppress(OSError):
        return path.read_text(errors="replace")
    return "its files"
