"""Rows of a Parquet file, a small batch at a time. Needs pyarrow (extra `parquet`)."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from service.jobs.index_job.record import SourceError
from service.jobs.index_job.table import Row

_BATCH_ROWS = 64


class ParquetRows:
    """Values come as Python's own: str, int, float, bytes, lists, and objects as dictionaries."""

    def __init__(self, path: Path, without: Sequence[str] = ()) -> None:
        """`without`: columns to leave out."""
        self._file = open_parquet(path)
        self.names: list[str] = [name for name in self._file.schema_arrow.names if name not in without]
        self.total: int = self._file.metadata.num_rows

    def __iter__(self) -> Iterator[Row]:
        position = 0
        for batch in self._file.iter_batches(batch_size=_BATCH_ROWS, columns=self.names):
            for cells in batch.to_pylist():
                position += 1
                yield Row(position, cells)


def open_parquet(path: Path) -> Any:
    """A `pyarrow.parquet.ParquetFile`. Raises SourceError."""
    try:
        import pyarrow  # noqa: PLC0415 - an extra, and heavy
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError as exc:
        raise SourceError("Parquet needs pyarrow: pip install pyarrow, or the extra `parquet`") from exc
    try:
        return parquet.ParquetFile(path, memory_map=False, pre_buffer=False)
    except (OSError, pyarrow.ArrowException) as exc:
        raise SourceError(f"{path.name} is no Parquet file that can be read: {exc}") from exc
