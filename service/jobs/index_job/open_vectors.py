"""The source that a file of vectors makes, with its ids and the table beside it."""

from dataclasses import dataclass, replace
from pathlib import Path

from index.types import FieldName
from service.jobs.index_job.columns import ColumnWishes, choose_columns
from service.jobs.index_job.id_files import IdArray, IdColumn, IdLines, IdSource, RowNumbers
from service.jobs.index_job.open_source import open_rows, table_source
from service.jobs.index_job.parquet_rows import ParquetRows
from service.jobs.index_job.parquet_vectors import ParquetVectors
from service.jobs.index_job.picture_cells import PictureReferences
from service.jobs.index_job.record import Source, SourceError
from service.jobs.index_job.table import Rows
from service.jobs.index_job.vector_files import VectorFile, open_vector_file
from service.jobs.index_job.vector_source import JoinedById, NamedRows, VectorSource

_PARQUET = frozenset({".parquet", ".pq"})


@dataclass(frozen=True)
class VectorWishes:
    """What the user said of the vectors."""

    path: Path
    ids: str | None = None
    """A file, or a column of the Parquet file that holds the vectors."""
    column: str | None = None
    """Of the vectors in a Parquet file."""
    field: FieldName = "image"


def open_vectors(wishes: VectorWishes, table: Path | None, columns: ColumnWishes) -> tuple[Source, int]:
    """The records and their dimension, without reading them through. Raises SourceError.

    `table` brings text and attributes: in the order of the vectors, or by id where the vectors have ids of their own.
    """
    name, fields = wishes.path.name, (wishes.field,)
    if table is not None and table.resolve() == wishes.path.resolve():
        table = None  # its other columns are read anyway
    if wishes.path.suffix.lower() in _PARQUET:
        listed = ParquetVectors(wishes.path, wishes.column)
        file: VectorFile = listed
        records = _parquet_records(wishes, columns, listed)
    else:
        file = open_vector_file(wishes.path)
        if table is not None and wishes.ids is None:
            return VectorSource(name, file, _beside(table, columns), fields), file.dimension
        records = _named(wishes, columns, file.count)
    source: Source = VectorSource(name, file, records, fields)
    return (source if table is None else JoinedById(source, _beside(table, columns))), file.dimension


def _beside(path: Path, columns: ColumnWishes) -> Source:
    return _of_rows(path.name, open_rows(path), columns)


def _parquet_records(wishes: VectorWishes, columns: ColumnWishes, file: ParquetVectors) -> Source:
    """Ids, texts and attributes from the other columns of the file, or ids from a file of their own."""
    rows = ParquetRows(wishes.path, without=file.columns_of_vectors)
    if wishes.ids is not None and wishes.ids not in rows.names:
        return _named(wishes, columns, file.count)
    return _of_rows(wishes.path.name, rows, replace(columns, id=wishes.ids or columns.id))


def _of_rows(title: str, rows: Rows, columns: ColumnWishes) -> Source:
    return table_source(title, rows, choose_columns(rows.names, columns, has_vectors=True), PictureReferences())


def _named(wishes: VectorWishes, columns: ColumnWishes, count: int) -> NamedRows:
    """Before anything is written, it is seen that there are as many ids as vectors, where that can be counted."""
    ids = _ids(wishes, columns, count)
    if ids.count not in (None, count):
        raise SourceError(
            f"{wishes.path.name} has {count:,} vectors, and there are {ids.count:,} {ids.description}: each vector "
            "needs one, in the same order"
        )
    return NamedRows(ids, count)


def _ids(wishes: VectorWishes, columns: ColumnWishes, count: int) -> IdSource:
    if wishes.ids is None:
        return RowNumbers(count)
    path = Path(wishes.ids)
    if not path.is_file():
        raise SourceError(f"there is no file {path} of ids")
    match path.suffix.lower():
        case ".txt":
            return IdLines(path)
        case ".npy":
            return IdArray(path)
    return IdColumn(path.name, open_rows(path), columns)
