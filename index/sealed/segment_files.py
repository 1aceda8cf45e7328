"""The files of one sealed segment and of one trained codec. Owns their names, their description, their checksums."""

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from index.durable_files import place_durably
from index.errors import CorruptError

LISTS, VECTORS, ROWS = "lists.faiss", "vectors.f16", "rows.i64"
BY_ROW = "slots.i32"
DESCRIPTION = "segment.json"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class SegmentDescription:
    """`segment.json`: written last, so that a folder without it is a leftover."""

    field: str
    space: str
    dimension: int
    count: int
    codec: str
    """Name of the trained codec that coded it."""
    files: dict[str, str]
    """Name to sha256, in hex."""
    format_version: int = FORMAT_VERSION


@dataclass(frozen=True)
class SegmentFiles:
    """The folder of one segment. Slots are in list order, so that rescoring reads few pages."""

    root: Path

    @property
    def lists(self) -> Path:
        """The FAISS index; its ids are slots."""
        return self.root / LISTS

    @property
    def vectors(self) -> Path:
        """float16 [n, d], little endian, slot by slot."""
        return self.root / VECTORS

    @property
    def rows(self) -> Path:
        """int64 [n]: the row of each slot."""
        return self.root / ROWS

    @property
    def by_row(self) -> Path:
        """int32 [n]: slots in the order of their rows."""
        return self.root / BY_ROW

    def describe(self, description: SegmentDescription) -> None:
        place_durably({self.root / DESCRIPTION: orjson.dumps(asdict(description), option=orjson.OPT_INDENT_2)})

    def description(self) -> SegmentDescription:
        """Raises CorruptError."""
        try:
            found: dict[str, Any] = orjson.loads((self.root / DESCRIPTION).read_bytes())
            description = SegmentDescription(**found)
        except (OSError, ValueError, TypeError) as error:
            raise CorruptError(f"segment {self.root.name} has no readable description: {error}") from error
        if description.format_version != FORMAT_VERSION:
            raise CorruptError(f"segment {self.root.name} has format {description.format_version}")
        return description

    def verify(self, description: SegmentDescription) -> None:
        """Read every file and compare checksums. Raises CorruptError."""
        for name, expected in description.files.items():
            if not (self.root / name).is_file() or sha256_of(self.root / name) != expected:
                raise CorruptError(f"segment {self.root.name}: {name} is damaged")


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
