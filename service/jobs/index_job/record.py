"""What a source gives: a record that can be indexed, or one that cannot and why. Owns no behaviour."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from index.types import Attributes, FieldName, Vector

_JSON_BYTES_A_NUMBER = 12


class SourceError(Exception):
    """The source as a whole cannot be read; the message is a sentence that says what to do."""


class RecordError(Exception):
    """One record cannot be read. `code` is a stable word for machines, the message is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class SourceRecord:
    """One item as the source has it, the picture's bytes already read."""

    position: int
    """Line of a text file, row of a table, number of a file; from 1."""
    id: str
    text: str | None = None
    image: bytes | None = None
    image_ref: str | None = None
    attributes: Attributes = field(default_factory=dict)
    vectors: Mapping[FieldName, Vector] = field(default_factory=dict)

    @property
    def size_bytes(self) -> int:
        """About what it takes on its way, vectors as JSON."""
        size = len(self.image or b"") + len(self.text or "") + 1024
        for vector in self.vectors.values():
            size += _JSON_BYTES_A_NUMBER * len(vector)
        return size


@dataclass(frozen=True)
class BrokenRecord:
    """One item that the source has and that cannot be read."""

    position: int
    id: str
    code: str
    why: str


Record: TypeAlias = SourceRecord | BrokenRecord


class Source(Protocol):
    """Records in a stable order. Iterated in a thread, once; reads as it goes."""

    @property
    def description(self) -> str:
        """One line for people: what is read and how its columns are understood."""

    @property
    def total(self) -> int | None:
        """About how many records, for the progress bar; None where it is not known."""

    def __iter__(self) -> Iterator[Record]: ...
