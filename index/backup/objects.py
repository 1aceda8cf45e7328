"""Objects: bytes under their sha256, in a folder. Owns the layout, the durable writing and the checked reading.

An object is whole or absent, and never altered, so that several points share it and an interrupted backup goes on
with what is there already.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from index.catalog_connection import translated
from index.durable_files import place_durably, sync_folders
from index.errors import CorruptError

PIECE = 2**20
"""A file is stored in pieces of this size: what did not change in it is not stored again."""
BATCH = 16
"""Pieces written, and synced, together."""


class Objects:
    """`objects/ab/ab12…`. One process writes at a time."""

    def __init__(self, folder: Path, are_verified: bool = False) -> None:
        """`are_verified`: what is damaged counts as missing, for which each object is read that is asked for."""
        self._folder, self.are_verified = folder, are_verified
        self.written = 0
        """Bytes stored anew by this object."""

    def has(self, checksum: str, size: int | None = None) -> bool:
        try:
            found = self._path(checksum).stat().st_size
        except FileNotFoundError:
            return False
        return (size is None or found == size) and (not self.are_verified or self._is_whole(checksum))

    def _is_whole(self, checksum: str) -> bool:
        try:
            self.get(checksum)
        except CorruptError:
            return False
        return True

    def put(self, pieces: Iterable[bytes]) -> list[str]:
        """Store what is new, durably; returns the checksums of all. Bounded memory. Raises StorageFullError."""
        checksums: list[str] = []
        batch: dict[str, bytes] = {}
        for piece in pieces:
            checksum = hashlib.sha256(piece).hexdigest()
            checksums.append(checksum)
            if not self.has(checksum, len(piece)):
                batch[checksum] = piece
            if len(batch) >= BATCH or sum(map(len, batch.values())) >= BATCH * PIECE:
                self._write(batch)
                batch = {}
        self._write(batch)
        return checksums

    def get(self, checksum: str) -> bytes:
        """Raises CorruptError where it is missing or damaged."""
        try:
            data = self._path(checksum).read_bytes()
        except OSError as error:
            raise CorruptError(f"the backup lacks the object {checksum}: {error.strerror}") from error
        if hashlib.sha256(data).hexdigest() != checksum:
            raise CorruptError(f"the backup's object {checksum} is damaged")
        return data

    def remove_but(self, is_used: Callable[[str], bool]) -> int:
        """Remove what nothing uses, and what an interruption left; returns how many bytes."""
        removed = 0
        with translated():
            for path in self._folder.glob("*/*"):
                if path.name.startswith(".") or not is_used(path.name):
                    removed += path.stat().st_size
                    path.unlink()
        return removed

    def _write(self, batch: dict[str, bytes]) -> None:
        if not batch:
            return
        files = {self._path(checksum): data for checksum, data in batch.items()}
        with translated():
            for path in files:
                path.parent.mkdir(parents=True, exist_ok=True)
            place_durably(files)
            sync_folders({folder for path in files for folder in path.parents[:2]})
        self.written += sum(map(len, batch.values()))

    def _path(self, checksum: str) -> Path:
        return self._folder / checksum[:2] / checksum


def pieces_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def cut(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Lines joined into pieces of about PIECE bytes."""
    held: list[bytes] = []
    size = 0
    for line in lines:
        held.append(line)
        size += len(line)
        if size >= PIECE:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)
