"""A table in a temporary file on disk, to be asked by id: a join of millions of rows in little memory."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from types import TracebackType

from index.spec_text import dump_attributes, load_attributes
from service.jobs.index_job.record import BrokenRecord, Record, Source, SourceRecord

_NO_VECTOR = "no vector of this id is in the file of vectors"


class SpooledTable:
    """SQLite's own temporary database, which it deletes. Used by one thread at a time."""

    def __enter__(self) -> "SpooledTable":
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute(
            "CREATE TABLE rows (id TEXT PRIMARY KEY, position INTEGER, text TEXT, image_ref TEXT, attributes TEXT, "
            "is_used INTEGER DEFAULT 0) WITHOUT ROWID"
        )
        self._database.execute("BEGIN")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def fill(self, table: Source) -> Iterator[BrokenRecord]:
        """Of an id that comes again the last row counts. Gives the rows that cannot be read."""
        statement = "INSERT OR REPLACE INTO rows (id, position, text, image_ref, attributes) VALUES (?, ?, ?, ?, ?)"
        for record in table:
            if isinstance(record, BrokenRecord):
                yield record
                continue
            attributes = dump_attributes(record.attributes)
            values = (record.id, record.position, record.text, record.image_ref, attributes)
            self._database.execute(statement, values)

    def joined(self, record: SourceRecord) -> Record:
        """The record with what the table says of its id; as it is where the table says nothing."""
        statement = "UPDATE rows SET is_used = 1 WHERE id = ? RETURNING text, image_ref, attributes"
        found = self._database.execute(statement, (record.id,)).fetchall()
        if not found:
            return record
        ((text, image_ref, attributes),) = found
        return replace(
            record,
            text=record.text if text is None else text,
            image_ref=record.image_ref if image_ref is None else image_ref,
            attributes={**record.attributes, **load_attributes(attributes)},
        )

    def left(self) -> Iterator[BrokenRecord]:
        """The rows that no vector asked for."""
        for id_, position in self._database.execute(
            "SELECT id, position FROM rows WHERE NOT is_used ORDER BY position"
        ):
            yield BrokenRecord(position, id_, "vector_missing", _NO_VECTOR)
