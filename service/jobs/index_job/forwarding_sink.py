"""Writes here, until it turns out that a server has the collection: then through that server."""

from collections.abc import Callable, Sequence

from index.errors import CollectionLockedError
from service.jobs.index_job.record import SourceRecord
from service.jobs.index_job.sink import Sink, SinkError
from service.types import CollectionOptions, ItemOutcome


class ForwardingSink:
    """`remote` makes the sink for the address that the writer lock tells; `on_forward` hears of it once."""

    def __init__(self, local: Sink, remote: Callable[[str], Sink], on_forward: Callable[[str], None]) -> None:
        self._current = local
        self._local = local
        self._remote = remote
        self._on_forward = on_forward

    async def prepare(self, options: CollectionOptions) -> None:
        try:
            await self._current.prepare(options)
        except CollectionLockedError as exc:
            self._forward(exc)
            await self._current.prepare(options)

    async def write(self, records: Sequence[SourceRecord]) -> Sequence[ItemOutcome]:
        try:
            return await self._current.write(records)
        except CollectionLockedError as exc:
            self._forward(exc)
            return await self._current.write(records)

    async def close(self) -> None:
        for sink in {id(sink): sink for sink in (self._current, self._local)}.values():
            await sink.close()

    def _forward(self, error: CollectionLockedError) -> None:
        """Switch once; a second batch that was under way finds the switch made."""
        if self._current is not self._local:
            return
        if not error.owner or not error.owner.startswith("http"):
            raise SinkError(f"{error}: wait until it is done, or stop it") from error
        self._current = self._remote(error.owner)
        self._on_forward(error.owner)
