"""A folder of pictures as a source: the id is the path in it, the title comes from the file's name."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from service.jobs.index_job.picture_cells import read_picture_file
from service.jobs.index_job.record import BrokenRecord, Record, RecordError, SourceError, SourceRecord

SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm", ".avif", ".mpo"}
)
_CAMERA_WORDS = frozenset({"img", "dsc", "dscn", "dscf", "pict", "pic", "image", "photo", "pxl", "screenshot", "mvimg"})
_HASH = re.compile(r"[0-9a-f-]{16,}", re.IGNORECASE)
_MIN_WORD = 2


class FolderSource:
    """All pictures below `folder`, sorted by path; hidden files and links to folders are passed over."""

    def __init__(self, folder: Path, max_picture_bytes: int) -> None:
        self._folder = folder
        self._max_picture_bytes = max_picture_bytes
        self.total = sum(1 for _ in self._paths())
        if not self.total:
            raise SourceError(f"{folder} holds no pictures ({', '.join(sorted(SUFFIXES))})")
        self.description = f"{self.total} pictures in {folder}"

    def __iter__(self) -> Iterator[Record]:
        for position, path in enumerate(self._paths(), start=1):
            yield self._record(position, path)

    def _record(self, position: int, path: Path) -> Record:
        id_ = path.relative_to(self._folder).as_posix()
        try:
            id_.encode()
            data = read_picture_file(path, self._max_picture_bytes)
        except UnicodeEncodeError:
            return BrokenRecord(position, ascii(id_), "id_invalid", "the file's name is not valid UTF-8: rename it")
        except RecordError as exc:
            return BrokenRecord(position, id_, exc.code, str(exc))
        return SourceRecord(position, id_, title_of(path.stem), data, id_, {"folder": self._parent(path)})

    def _parent(self, path: Path) -> str:
        parent = path.parent.relative_to(self._folder).as_posix()
        return self._folder.resolve().name if parent == "." else parent

    def _paths(self) -> Iterator[Path]:
        for folder, folders, files in os.walk(self._folder):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(files):
                if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES:
                    yield Path(folder) / name


def title_of(stem: str) -> str | None:
    """`red-canvas_shoe` gives `red canvas shoe`; names that say nothing (IMG_1234, hashes) give None."""
    words = re.findall(r"[^\W_]+", stem)
    telling = [
        word for word in words if len(word) >= _MIN_WORD and word.isalpha() and word.lower() not in _CAMERA_WORDS
    ]
    return " ".join(words) if telling and not _HASH.fullmatch(stem) else None
