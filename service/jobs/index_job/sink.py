"""Where records go: the port of the index job. Adapters: local_sink, http_sink, check_sink, forwarding_sink."""

from collections.abc import Sequence
from typing import Protocol

from service.jobs.index_job.record import SourceRecord
from service.types import CollectionOptions, ItemOutcome


class SinkError(Exception):
    """The whole batch could not be written, and the next ones could not either; the message says what to do."""


class Sink(Protocol):
    """Takes batches, several at a time. What was returned is durable."""

    async def prepare(self, options: CollectionOptions) -> None:
        """Create the collection where there is none. Raises SinkError, and what the service raises."""

    async def write(self, records: Sequence[SourceRecord]) -> Sequence[ItemOutcome]:
        """One outcome a record, in order. Raises SinkError, and what the service raises."""

    async def close(self) -> None: ...
