"""The files of one sealed segment and of one trained codec. Owns their names, their description, their checksums.

The name of a finished segment ends with the checksum of its description, which holds those of its files, and the
name of a codec with the codec's own: who trusts a name can tell whether what lies under it is whole.
"""

import hashlib
import re
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from index.durable_files import place_durably
from index.errors import CorruptError
from index.index_info import CodecKind

LISTS, VECTORS, ROWS = "lists.faiss", "vectors.f16", "rows.u32"
SLOTS = "slots.i32"
FILES = (LISTS, VECTORS, ROWS, SLOTS)
DESCRIPTION = "segment.json"
DAMAGE = "damaged"
FORMAT_VERSION = 3
CHECKED_NAME = re.compile(r".+-[0-9a-f]{12}-([0-9a-f]{16})")


@dataclass(frozen=True)
class SegmentDescription:
    """`segment.json`: written last, so that a folder without it is a leftover."""

    field: str
    space: str
    dimension: int
    count: int
    codec: str
    """Name of the trained codec that coded it."""
    kind: CodecKind
    """Of that codec."""
    first_row: int
    last_row: int
    """The least and the greatest row in it; 0 and -1 where it has none."""
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
        """uint32 [n]: the row of each slot."""
        return self.root / ROWS

    @property
    def slots(self) -> Path:
        """int32 [last row - first row + 1]: the slot of each row plus 1, 0 for a row of another segment (a hole)."""
        return self.root / SLOTS

    @property
    def damage(self) -> Path:
        """Is there where the segment was found damaged, and says how: readers leave it out, the builder replaces it."""
        return self.root / DAMAGE

    def describe(self, description: SegmentDescription) -> None:
        place_durably({self.root / DESCRIPTION: orjson.dumps(asdict(description), option=orjson.OPT_INDENT_2)})

    def description(self) -> SegmentDescription:
        """Raises CorruptError."""
        try:
            text = (self.root / DESCRIPTION).read_bytes()
            if not is_named(self.root.name, hashlib.sha256(text).hexdigest()):
                raise ValueError("it is damaged")
            found: dict[str, Any] = orjson.loads(text)
            if found["format_version"] != FORMAT_VERSION:
                raise ValueError(f"format {found['format_version']}; this version reads {FORMAT_VERSION}")
            return SegmentDescription(**found)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise CorruptError(f"segment {self.root.name} has no readable description: {error}") from error

    def verify(self, description: SegmentDescription, names: Collection[str] = FILES) -> None:
        """Read these files and compare checksums. Raises CorruptError."""
        for name in names:
            path = self.root / name
            if not path.is_file() or sha256_of(path) != description.files.get(name):
                raise CorruptError(f"segment {self.root.name}: {name} is damaged")


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def named_after(name: str, checksum: str) -> str:
    """A name that carries the checksum of what it names."""
    return f"{name}-{checksum[:16]}"


def is_named(name: str, checksum: str) -> bool:
    """Whether a name carries this checksum; names of the first format carry none."""
    found = CHECKED_NAME.fullmatch(name)
    return found is None or checksum.startswith(found[1])
