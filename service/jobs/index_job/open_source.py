"""The source that a path names, chosen by what it is. The formats are one line each."""

from collections.abc import Callable
from pathlib import Path

from service.jobs.index_job.columns import Columns, ColumnWishes, choose_columns
from service.jobs.index_job.csv_rows import CsvRows
from service.jobs.index_job.folder import FolderSource
from service.jobs.index_job.jsonl_rows import JsonlRows
from service.jobs.index_job.parquet_rows import ParquetRows
from service.jobs.index_job.picture_cells import PictureCells, PictureReader
from service.jobs.index_job.record import Source, SourceError
from service.jobs.index_job.table import Rows, TableSource

_FORMATS: dict[str, Callable[[Path], Rows]] = {
    ".csv": CsvRows,
    ".tsv": CsvRows,
    ".jsonl": JsonlRows,
    ".ndjson": JsonlRows,
    ".parquet": ParquetRows,
    ".pq": ParquetRows,
}


def open_source(path: Path, wishes: ColumnWishes, max_picture_bytes: int) -> Source:
    """Look at the source without reading it through. Raises SourceError with a sentence for people."""
    if path.is_dir():
        return FolderSource(path, max_picture_bytes)
    if not path.is_file():
        raise SourceError(f"there is no file or folder {path}")
    if path.suffix.lower() not in _FORMATS:
        raise SourceError(f"{path.name} is none of {', '.join(_FORMATS)}, and no folder of pictures")
    rows = open_rows(path)
    return table_source(
        path.name, rows, choose_columns(rows.names, wishes), PictureCells(path.parent, max_picture_bytes)
    )


def open_rows(path: Path) -> Rows:
    """Raises SourceError."""
    if not path.is_file():
        raise SourceError(f"there is no file {path}")
    rows_of = _FORMATS.get(path.suffix.lower())
    if rows_of is None:
        raise SourceError(f"{path.name} is none of {', '.join(_FORMATS)}")
    return rows_of(path)


def table_source(title: str, rows: Rows, columns: Columns, pictures: PictureReader) -> Source:
    if isinstance(rows, CsvRows):
        rows.infer_types(columns.attributes)
    return TableSource(title, rows, columns, pictures)
