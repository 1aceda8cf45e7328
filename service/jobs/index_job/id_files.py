"""Ids in the order of a file of vectors: a line, an array, a column of a table, or the numbers of the rows."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import numpy as np

from service.jobs.index_job.cells import to_id
from service.jobs.index_job.columns import ColumnWishes, choose_columns
from service.jobs.index_job.record import BrokenRecord, RecordError, SourceError
from service.jobs.index_job.table import Rows


class IdLines:
    """A text file, an id a line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.description = f"ids: the lines of {path.name}"

    @cached_property
    def count(self) -> int:
        """Empty lines at the end do not count."""
        return max((number for number, line in enumerate(self, start=1) if line.strip()), default=0)

    def __iter__(self) -> Iterator[str]:
        with self._path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
            yield from file


class IdArray:
    """A one-dimensional NumPy array of whole numbers or strings; nothing is unpickled."""

    def __init__(self, path: Path) -> None:
        try:
            self._ids = np.load(path, mmap_mode="r", allow_pickle=False)
        except (ValueError, OSError, EOFError) as exc:
            raise SourceError(f"{path.name} is no NumPy array of numbers or strings: {exc}") from exc
        if self._ids.ndim != 1 or self._ids.dtype.kind not in "iuU":
            raise SourceError(f"{path.name} must hold one row of whole numbers or strings, not {self._ids.dtype}")
        self.description = f"ids: {path.name}"
        self.count = len(self._ids)

    def __iter__(self) -> Iterator[object]:
        for start in range(0, len(self._ids), 4096):
            yield from self._ids[start : start + 4096].tolist()


class IdColumn:
    """A column of a table; a row that cannot be read has no id."""

    count = None
    """Not known before it is read through."""

    def __init__(self, name: str, rows: Rows, wishes: ColumnWishes) -> None:
        self._rows = rows
        self._column = choose_columns(rows.names, ColumnWishes(id=wishes.id), has_vectors=True).id
        self.description = f"ids: {self._column} of {name}"

    def __iter__(self) -> Iterator[object]:
        for row in self._rows:
            yield None if isinstance(row, BrokenRecord) else row.cells.get(self._column)


class RowNumbers:
    """0, 1, 2 …: where nothing else is said."""

    description = "ids: the numbers of the rows, from 0"

    def __init__(self, count: int) -> None:
        self.count = count

    def __iter__(self) -> Iterator[object]:
        return iter(range(self.count))


IdSource = IdLines | IdArray | IdColumn | RowNumbers


def checked_id(cell: object) -> str:
    """Raises RecordError."""
    if isinstance(cell, str) and not cell.strip():
        raise RecordError("id_missing", "the line holds no id")
    return to_id(cell)
