"""Files that are whole or absent after a power cut. Owns the order: write, fsync, rename, fsync the folder.

A batch goes through the four stages together and from a few threads, since the disk then merges the syncs.
"""

import os
import time
import uuid
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

SYNCING_THREADS = 4
LEFT_S = 3600.0
"""A temporary file of this age belongs to a process that was killed: no write takes so long."""


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """With those above it that are missing, durably."""
    made = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for one in made:
        sync_folder(one.parent)


def sync_file(path: Path) -> None:
    """Make the content of a file durable, whoever wrote it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folders(folders: Collection[Path]) -> None:
    with ThreadPoolExecutor(SYNCING_THREADS) as pool:
        list(pool.map(sync_folder, folders))


def place_durably(files: Mapping[Path, bytes]) -> None:
    """Put whole files under their names. The names themselves last once their folders are synced."""
    temporary = {path: _temporary(path) for path in files}
    try:
        with ThreadPoolExecutor(SYNCING_THREADS) as pool:
            list(pool.map(_write, temporary.values(), files.values()))
        for path, written in temporary.items():
            written.replace(path)
    finally:
        for written in temporary.values():
            written.unlink(missing_ok=True)


def stamp_of(path: Path) -> tuple[int, int] | None:
    """Another one once another file was placed under this name; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns


def place(path: Path, data: bytes) -> None:
    """Put a whole file under its name, for what can be derived again: nothing is synced."""
    temporary = _temporary(path)
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def remove_left(folder: Path) -> None:
    """Temporary files that killed processes left. Cheap where a folder holds few files."""
    for path in folder.glob(".*.tmp"):
        with suppress(FileNotFoundError):  # another process removed it, or it is in place now
            if path.stat().st_mtime < time.time() - LEFT_S:
                path.unlink()


def _temporary(path: Path) -> Path:
    return path.with_name(f".{uuid.uuid4().hex}.tmp")


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
