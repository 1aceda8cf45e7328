"""Writes through the application core in this process."""

from collections.abc import Sequence

from index.errors import CollectionNotFoundError
from service.bootstrap import Application
from service.jobs.index_job.record import SourceRecord
from service.jobs.index_job.sink import SinkError
from service.jobs.index_job.space_check import check_space, named, space_there
from service.types import CollectionOptions, Deadline, ItemInput, ItemOutcome


class LocalSink:
    """The application stays its maker's: `close` leaves it open."""

    def __init__(self, application: Application, collection: str) -> None:
        self._application = application
        self._collection = collection

    async def prepare(self, options: CollectionOptions) -> None:
        collections = self._application.collections
        try:
            there = await collections.describe(self._collection)
        except CollectionNotFoundError:
            await collections.create(self._collection, named(options, self._collection), self._deadline())
            return
        if options.space is not None:
            check_space(space_there(there.spec), options.space)
        if options.model is not None and options.model != there.spec.model:
            raise SinkError(
                f"collection {self._collection!r} was made with the model {there.spec.model!r}, not {options.model!r}: "
                "leave --model out, or take another name"
            )

    async def write(self, records: Sequence[SourceRecord]) -> Sequence[ItemOutcome]:
        inputs = [to_input(record) for record in records]
        outcome = await self._application.items.upsert(self._collection, inputs, self._deadline())
        return outcome.items

    async def close(self) -> None:
        """Nothing of its own to close."""

    def _deadline(self) -> Deadline:
        return Deadline.after(self._application.settings.write_deadline_s)


def to_input(record: SourceRecord) -> ItemInput:
    return ItemInput(
        id=record.id,
        text=record.text,
        image=record.image,
        attributes=record.attributes,
        image_ref=record.image_ref,
        vectors=record.vectors,
    )
