"""Rows of a CSV or TSV file. Owns the delimiter, the encoding and the types of the columns.

CSV has no types, so a column's is read off its first thousand rows: a number, a boolean, a place written as a geo URI
(RFC 5870: `geo:52.52,13.405`), else a keyword. Values like 007 stay keywords. A later cell that does not fit breaks
its own row, with a sentence, and no other.
"""

import csv
import itertools
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from index.attribute_values import MOST_WHOLE
from index.types import GeoPoint
from service.jobs.index_job.record import BrokenRecord, SourceError
from service.jobs.index_job.table import Row

_SAMPLE_ROWS = 1000
_MAX_FIELD_CHARS = 64_000_000
_NOT_A_NUMBER = ("nan", "n/a", "null", "none")
"""What other programs write into an empty cell of a column of numbers."""
_LONGEST_WHOLE = len(str(MOST_WHOLE))
_NUMBER = re.compile(r"[+-]?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
_PLACE = re.compile(r"geo:([+-]?\d+(?:\.\d+)?),([+-]?\d+(?:\.\d+)?)", re.IGNORECASE)
_BOOLEANS = {"true": True, "false": False}
_CHUNK_BYTES = 1 << 20

_Cell: TypeAlias = str | int | float | bool | GeoPoint
_Reading: TypeAlias = Callable[[str], _Cell]


class CsvRows:
    """`untyped` are the columns whose cells stay as they are written: ids, texts, pictures."""

    def __init__(self, path: Path) -> None:
        csv.field_size_limit(_MAX_FIELD_CHARS)  # the module's own switch; pictures in base64 are long
        self._path = path
        self._delimiter = _delimiter(path)
        self.names = self._header()
        self.total = count_lines(path) - 1
        self._readings: Mapping[str, _Reading] = {}

    def infer_types(self, typed: Sequence[str]) -> None:
        """Read the types of the columns `typed` off the first rows; all other cells stay as written."""
        sample: dict[str, list[str]] = {name: [] for name in typed}
        for row in itertools.islice(self._texts(), _SAMPLE_ROWS):
            if not isinstance(row, BrokenRecord):
                for name in typed:
                    sample[name].append(row[1].get(name, ""))
        self._readings = {name: _reading([cell for cell in cells if cell]) for name, cells in sample.items()}

    def __iter__(self) -> Iterator[Row | BrokenRecord]:
        for row in self._texts():
            yield row if isinstance(row, BrokenRecord) else self._typed(*row)

    def _typed(self, line: int, texts: Mapping[str, str]) -> Row | BrokenRecord:
        cells: dict[str, object] = {}
        for name, text in texts.items():
            try:
                cells[name] = self._readings.get(name, str)(text) if text else None
            except ValueError as exc:
                return BrokenRecord(line, "", "attribute_value_invalid", f"column {name!r}: {exc}")
        return Row(line, cells)

    def _texts(self) -> Iterator[tuple[int, Mapping[str, str]] | BrokenRecord]:
        with self._path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            reader = csv.reader(file, delimiter=self._delimiter)
            next(reader, None)
            while True:
                line = reader.line_num + 1
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error as exc:
                    yield BrokenRecord(line, "", "row_invalid", f"not valid CSV: {exc}")
                    continue
                if len(cells) == len(self.names):
                    yield line, dict(zip(self.names, cells, strict=True))
                elif cells:
                    yield BrokenRecord(line, "", "row_invalid", self._miscounted(len(cells)))

    def _miscounted(self, cells: int) -> str:
        return f"{cells} cells where the header has {len(self.names)}: quote cells that hold a {self._delimiter!r}"

    def _header(self) -> Sequence[str]:
        with self._path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            names = [name.strip() for name in next(csv.reader(file, delimiter=self._delimiter), [])]
        if not any(names):
            raise SourceError(f"{self._path.name} is empty: its first line must name the columns")
        if len(set(names)) < len(names):
            raise SourceError(f"{self._path.name} names a column twice: {', '.join(names)}")
        return names


def count_lines(path: Path) -> int:
    """Newlines of a file: about how many rows it has, without parsing it."""
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(_CHUNK_BYTES), b""))


def _delimiter(path: Path) -> str:
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
        header = file.readline(_CHUNK_BYTES)
    return max(",;\t|", key=header.count)


def _reading(cells: Sequence[str]) -> _Reading:
    numbers = [cell.strip() for cell in cells if cell.strip().lower() not in _NOT_A_NUMBER]
    if numbers and all(_NUMBER.fullmatch(cell) and not _is_serial(cell) for cell in numbers):
        return _number
    if cells and all(cell.strip().lower() in _BOOLEANS for cell in cells):
        return _boolean
    if cells and all(_PLACE.fullmatch(cell.strip()) for cell in cells):
        return _place
    return str


def _is_serial(cell: str) -> bool:
    """Floats do not tell it apart, and it is not for arithmetic."""
    return cell.isdecimal() and (len(cell) > _LONGEST_WHOLE or int(cell) > MOST_WHOLE)


def _number(text: str) -> int | float:
    if text.strip().lower() in _NOT_A_NUMBER:
        return math.nan
    if not _NUMBER.fullmatch(text.strip()):
        raise ValueError(f"{text[:40]!r} is no number, as its first rows are")
    return float(text) if any(sign in text for sign in ".eE") else int(text)


def _place(text: str) -> GeoPoint:
    found = _PLACE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text[:40]!r} is no place like geo:52.52,13.405, as its first rows are")
    return GeoPoint(float(found[1]), float(found[2]))


def _boolean(text: str) -> bool:
    if text.strip().lower() not in _BOOLEANS:
        raise ValueError(f"{text[:40]!r} is not true or false, as its first rows are")
    return _BOOLEANS[text.strip().lower()]
