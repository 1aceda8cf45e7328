"""Vectors with what they belong to, as a `Source`: names in the order of the vectors, or a table joined by id."""

from collections.abc import Iterator, Sequence

from index.types import FieldName, Vector
from service.jobs.index_job.id_files import IdSource, checked_id
from service.jobs.index_job.record import BrokenRecord, Record, RecordError, Source, SourceError, SourceRecord
from service.jobs.index_job.spooled_table import SpooledTable
from service.jobs.index_job.vector_checks import NO_LENGTH, NOT_FINITE, normalised
from service.jobs.index_job.vector_files import VectorFile


class NamedRows:
    """Records that hold an id and nothing else."""

    def __init__(self, ids: IdSource, count: int) -> None:
        self._ids = ids
        self.description = ids.description
        self.total: int | None = count

    def __iter__(self) -> Iterator[Record]:
        for position, cell in enumerate(self._ids, start=1):
            try:
                yield SourceRecord(position, checked_id(cell))
            except RecordError as exc:
                yield BrokenRecord(position, "", exc.code, str(exc))


class VectorSource:
    """Gives the n-th record the n-th vector, at unit length. Vectors without direction are broken records."""

    def __init__(self, name: str, file: VectorFile, records: Source, fields: Sequence[FieldName]) -> None:
        self.total: int | None = file.count
        self.description = (
            f"{file.count:,} vectors of {file.dimension} dimensions in {name}, brought to unit length "
            f"({records.description})"
        )
        self._name = name
        self._file = file
        self._records = records
        self._fields = fields

    def __iter__(self) -> Iterator[Record]:
        """Raises SourceError where there are not as many records as vectors."""
        records = iter(self._records)
        for chunk in self._file.chunks():
            vectors, finite, has_length = normalised(chunk)
            for vector, is_finite, is_long in zip(vectors, finite.tolist(), has_length.tolist(), strict=True):
                record = self._next(records)
                if isinstance(record, BrokenRecord):
                    yield record
                elif not (is_finite and is_long):
                    why = NO_LENGTH if is_finite else NOT_FINITE
                    yield BrokenRecord(record.position, record.id, "vector_invalid", why)
                else:
                    yield _with_vector(record, vector, self._fields)
        if not _is_over(records):
            raise self._unequal("more")

    def _next(self, records: Iterator[Record]) -> Record:
        record = next(records, None)
        if record is None:
            raise self._unequal("fewer")
        return record

    def _unequal(self, rows: str) -> SourceError:
        return SourceError(
            f"{self._name} has {self._file.count:,} vectors, and the ids or rows beside it are {rows}. The n-th vector "
            "was given to the n-th of them so far: see to it that they belong together, and run again"
        )


class JoinedById:
    """Vectors whose text and attributes come from a table by id. Rows of the table without a vector are broken."""

    def __init__(self, vectors: Source, table: Source) -> None:
        self.total = vectors.total
        self.description = f"{vectors.description}, with {table.description} by id"
        self._vectors = vectors
        self._table = table

    def __iter__(self) -> Iterator[Record]:
        with SpooledTable() as spooled:
            yield from spooled.fill(self._table)
            for record in self._vectors:
                yield spooled.joined(record) if isinstance(record, SourceRecord) else record
            yield from spooled.left()


def _with_vector(record: SourceRecord, vector: Vector, fields: Sequence[FieldName]) -> SourceRecord:
    return SourceRecord(
        position=record.position,
        id=record.id,
        text=record.text,
        image_ref=record.image_ref,
        attributes=record.attributes,
        vectors=dict.fromkeys(fields, vector),
    )


def _is_over(records: Iterator[Record]) -> bool:
    """Nothing follows but empty lines."""
    return all(isinstance(record, BrokenRecord) and record.code == "id_missing" for record in records)
