"""Reads the files of a point, checking every piece."""

import hashlib
from collections.abc import Iterator

from index.backup.objects import Objects
from index.backup.point import StoredFile
from index.errors import CorruptError


def content(objects: Objects, file: StoredFile) -> Iterator[bytes]:
    """Piece by piece. Raises CorruptError, at the end too: where the whole is not what was stored."""
    digest = hashlib.sha256()
    for checksum in file.pieces:
        piece = objects.get(checksum)
        digest.update(piece)
        yield piece
    if digest.hexdigest() != file.sha256:
        raise CorruptError(f"the backup's {file.path} is not what was stored")


def lines(objects: Objects, file: StoredFile) -> Iterator[str]:
    """Pieces of a list end with a line."""
    for piece in content(objects, file):
        yield from piece.decode().splitlines()
