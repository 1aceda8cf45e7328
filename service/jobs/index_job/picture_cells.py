"""A picture as a table names it: a path beside the table, bytes, base64. Reads local files; fetches nothing.

Paths are read here, in the process of the user who named them, and never by a server.
"""

import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from service.jobs.index_job.record import RecordError

_MAX_PATH_CHARS = 1024
_MIN_BASE64_CHARS = 64
"""Shorter strings that name no file are wrong paths, not pictures."""


@dataclass(frozen=True)
class Picture:
    """A picture's bytes, and the path they came from."""

    data: bytes | None
    ref: str | None = None


class PictureReader(Protocol):
    """What a table does with the cells of its picture column."""

    def read(self, cell: object) -> Picture | None:
        """None for an empty cell. Raises RecordError."""


class PictureReferences:
    """Keeps paths and addresses as they are, and reads no picture: the vectors are there already."""

    def read(self, cell: object) -> Picture | None:
        return Picture(None, cell.strip()) if isinstance(cell, str) and cell.strip() else None


class PictureCells:
    """Cells of one table; `folder` is what its paths are relative to."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes

    def read(self, cell: object) -> Picture | None:
        """None for an empty cell. Raises RecordError."""
        if cell is None or cell in ("", b""):
            return None
        if isinstance(cell, bytes | bytearray | memoryview):
            return Picture(bytes(cell))
        if isinstance(cell, Mapping):
            return self._of_object(cell)
        if isinstance(cell, str):
            return self._of_string(cell.strip())
        raise RecordError("picture_unreadable", f"the picture column holds {type(cell).__name__}, which is no picture")

    def _of_object(self, cell: Mapping[str, object]) -> Picture | None:
        """`{"bytes": …, "path": …}`, as data sets in Parquet have it, or `{"base64": …}`."""
        inner = next((cell[key] for key in ("bytes", "base64", "path", "url") if cell.get(key)), None)
        if isinstance(inner, Mapping):
            raise RecordError("picture_unreadable", "the picture column holds an object inside an object")
        return self.read(inner)

    def _of_string(self, text: str) -> Picture:
        if text[:8].lower().startswith(("http://", "https://")):
            raise RecordError("url_not_fetched", "pictures are not fetched from the web: download it and give its path")
        if text.startswith("data:"):
            return Picture(_decoded(text.partition(",")[2]))
        if len(text) <= _MAX_PATH_CHARS and "\0" not in text and (path := self._folder / text).is_file():
            return Picture(read_picture_file(path, self._max_bytes), text)
        if len(text) >= _MIN_BASE64_CHARS and "." not in text:
            return Picture(_decoded(text))
        raise RecordError("picture_missing", f"there is no file {text[:200]!r} in {self._folder}")


def read_picture_file(path: Path, max_bytes: int) -> bytes:
    """The bytes of a file that is not larger than a picture may be. Raises RecordError."""
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise RecordError(
                "picture_too_large", f"the picture has {size:,} bytes; at most {max_bytes:,} are accepted"
            )
        return path.read_bytes()
    except OSError as exc:
        raise RecordError("picture_missing", f"{path.name} cannot be read: {exc.strerror or exc}") from exc


def _decoded(text: str) -> bytes:
    try:
        return binascii.a2b_base64("".join(text.split()), strict_mode=True)
    except ValueError as exc:
        raise RecordError("base64_invalid", "the picture is neither the path of a file nor valid base64") from exc
