"""Ids, live rows and attributes of all items as they stood at a snapshot's sequence number, in one mapped file.

So that a collection opens without reading its items, and holds none of this in memory of its own. Derived from the
catalogue, as all of a snapshot; a file that is not what its description says is refused, and so is a description
whose checksum the folder's name does not carry.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from pyroaring import BitMap

from index.attribute_values import Schema
from index.errors import CorruptError
from index.sealed.hashed_texts import HashedTexts
from index.sealed.packed_arrays import Arrays, Place, Texts, open_packed
from index.sealed.sealed_columns import SealedColumn, SealedNumbers, SealedPlaces, SealedPostings
from index.sealed.segment_files import is_named, sha256_of
from index.types import AttributeType

ARRAYS, DESCRIPTION = "items.arrays", "items.json"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class ItemsDescription:
    """`items.json`: written last."""

    sequence: int
    """Items that changed later are left out: they come with the changes since."""
    schema: Schema
    places: Mapping[str, Place]
    sha256: str
    """Of the arrays."""
    format_version: int = FORMAT_VERSION


class SealedIds:
    """Id of a row, row of an id."""

    def __init__(self, arrays: Arrays, rows: BitMap) -> None:
        """`rows`: those that have one. Never altered."""
        self.rows = rows
        self._ids = Texts.of(arrays, "ids")
        self._hashed = HashedTexts(arrays, "ids")

    def id_of(self, row: int) -> str | None:
        """None where the row is not among them (no id is empty)."""
        return (self._ids[row].decode() or None) if 0 <= row < len(self._ids) else None

    def row_of(self, id_: str) -> int | None:
        text = id_.encode()
        return next((row for row in self._hashed.candidates(text) if self._ids[row] == text), None)


class SealedItems:
    """Opened and mapped; nothing in it changes."""

    def __init__(self, folder: Path) -> None:
        """Reads the file once, to compare its checksum. Raises CorruptError."""
        self.name = folder.name
        try:
            text = (folder / DESCRIPTION).read_bytes()
            if not is_named(folder.name, hashlib.sha256(text).hexdigest()):
                raise ValueError("their description is damaged")
            self.description = _described(orjson.loads(text))
            self.mapped_bytes = (folder / ARRAYS).stat().st_size
            if sha256_of(folder / ARRAYS) != self.description.sha256:
                raise ValueError("the checksum differs")
            arrays = open_packed(folder / ARRAYS, self.description.places)
            live: NDArray[np.uint8] = arrays["live"]
            self.live = BitMap.deserialize(live.tobytes())
            self.ids = SealedIds(arrays, self.live)
            self.columns = _columns(arrays, self.description.schema)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise CorruptError(f"the sealed items {folder.name} cannot be read: {error}") from error


_KINDS: Mapping[AttributeType, type[SealedColumn]] = {"number": SealedNumbers, "geo": SealedPlaces}


def _columns(arrays: Arrays, schema: Schema) -> dict[str, SealedColumn]:
    columns: dict[str, SealedColumn] = {}
    for key, type_ in schema.items():
        columns[key] = _KINDS.get(type_, SealedPostings)(arrays, f"of {key}")
    return columns


def _described(found: dict[str, Any]) -> ItemsDescription:
    if found["format_version"] != FORMAT_VERSION:
        raise ValueError(f"format {found['format_version']}; this version reads {FORMAT_VERSION}")
    found["places"] = {name: Place(**place) for name, place in found["places"].items()}
    return ItemsDescription(**found)
