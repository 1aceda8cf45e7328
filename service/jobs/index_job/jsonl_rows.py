"""Rows of a JSONL file: one object a line. Lines may have different keys."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import orjson

from service.jobs.index_job.csv_rows import count_lines
from service.jobs.index_job.record import BrokenRecord, SourceError
from service.jobs.index_job.table import Row

_SAMPLE_ROWS = 1000


class JsonlRows:
    """The names of the columns are those of the first thousand lines."""

    def __init__(self, path: Path) -> None:
        self._path = path
        sample = (row for row in itertools.islice(self, _SAMPLE_ROWS) if isinstance(row, Row))
        self.names = list(dict.fromkeys(name for row in sample for name in row.cells))
        if not self.names:
            raise SourceError(f"{path.name} has no JSON object in its first lines: one object a line is wanted")
        self.total = count_lines(path)

    def __iter__(self) -> Iterator[Row | BrokenRecord]:
        with self._path.open("rb") as file:
            for position, line in enumerate(file, start=1):
                if line.strip():
                    yield _row(position, line)


def _row(position: int, line: bytes) -> Row | BrokenRecord:
    try:
        cells = orjson.loads(line)
    except orjson.JSONDecodeError as exc:
        return BrokenRecord(position, "", "json_invalid", f"the line is not valid JSON: {exc}")
    if not isinstance(cells, dict):
        return BrokenRecord(position, "", "json_invalid", "the line is no JSON object: write {…} on each line")
    return Row(position, cells)
