"""Rows of a table to records. Owns the use of the columns; the file formats give the rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from index.types import Attributes, AttributeValue
from service.jobs.index_job.cells import to_attribute, to_id, to_reference, to_text
from service.jobs.index_job.columns import NESTED_ATTRIBUTES, Columns
from service.jobs.index_job.picture_cells import PictureReader
from service.jobs.index_job.record import BrokenRecord, Record, RecordError, SourceRecord

Cells: TypeAlias = Mapping[str, object]


@dataclass(frozen=True)
class Row:
    position: int
    cells: Cells


class Rows(Protocol):
    """A file of rows, read as it is iterated; a row that cannot be read is broken, the next ones are not."""

    @property
    def names(self) -> Sequence[str]: ...

    @property
    def total(self) -> int | None: ...

    def __iter__(self) -> Iterator[Row | BrokenRecord]: ...


class TableSource:
    """A `Source` over rows."""

    def __init__(self, title: str, rows: Rows, columns: Columns, pictures: PictureReader) -> None:
        self.description = f"{title} ({columns})"
        self.total = rows.total
        self._rows = rows
        self._columns = columns
        self._pictures = pictures

    def __iter__(self) -> Iterator[Record]:
        for row in self._rows:
            yield row if isinstance(row, BrokenRecord) else self._record(row)

    def _record(self, row: Row) -> Record:
        id_ = ""
        try:
            id_ = to_id(row.cells.get(self._columns.id))
            return self._whole_record(row, id_)
        except RecordError as exc:
            return BrokenRecord(row.position, id_, exc.code, str(exc))

    def _whole_record(self, row: Row, id_: str) -> SourceRecord:
        columns = self._columns
        picture = self._pictures.read(row.cells.get(columns.image)) if columns.image else None
        return SourceRecord(
            position=row.position,
            id=id_,
            text=to_text(row.cells.get(name) for name in columns.text),
            image=picture.data if picture else None,
            image_ref=to_reference(picture.ref) if picture else None,
            attributes=self._attributes(row.cells),
        )

    def _attributes(self, cells: Cells) -> Attributes:
        values: dict[str, AttributeValue] = {}
        for name in self._columns.attributes:
            cell = cells.get(name)
            nested = cell if name == NESTED_ATTRIBUTES and isinstance(cell, Mapping) else {name: cell}
            values.update({key: to_attribute(key, value) for key, value in nested.items()})
        return {name: value for name, value in values.items() if value is not None}
