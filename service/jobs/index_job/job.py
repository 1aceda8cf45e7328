"""The index job: reads a source batch by batch, keeps a few batches under way, counts what became of the items.

Each batch is one durable write, so a job that is stopped at any point goes on by being run again: the service
finds unchanged items by their content hash and does not encode them a second time.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from service.jobs.index_job.batches import Batch, in_batches
from service.jobs.index_job.error_file import Failure
from service.jobs.index_job.record import BrokenRecord, Source, SourceRecord
from service.jobs.index_job.sink import Sink
from service.types import ItemOutcome

IN_FLIGHT = 3
"""One batch is read, one decoded and encoded, one written."""


@dataclass
class Tally:
    """What became of the items so far."""

    counts: dict[str, int] = field(default_factory=dict)
    is_complete: bool = False
    """Whether the source was read to its end."""

    def add(self, status: str, number: int = 1) -> None:
        self.counts[status] = self.counts.get(status, 0) + number

    def __getitem__(self, status: str) -> int:
        return self.counts.get(status, 0)

    @property
    def items(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True)
class Watcher:
    """Who hears of the job: after each batch, its failures first."""

    on_failures: Callable[[Sequence[Failure]], None]
    on_progress: Callable[[Tally], None]


async def run_index(source: Source, sink: Sink, watcher: Watcher, stop: asyncio.Event) -> Tally:
    """Write the whole source, or what was begun when `stop` was set. Raises what the sink raises."""
    return await _Run(source, sink, watcher, stop).finish()


class _Run:
    def __init__(self, source: Source, sink: Sink, watcher: Watcher, stop: asyncio.Event) -> None:
        self._batches: Iterator[Batch] = in_batches(source)
        self._sink = sink
        self._watcher = watcher
        self._stop = stop
        self._under_way: dict[asyncio.Task[Sequence[ItemOutcome]], Batch] = {}
        self._tally = Tally()

    async def finish(self) -> Tally:
        try:
            while not self._stop.is_set():
                batch = await asyncio.to_thread(next, self._batches, None)
                if batch is None:
                    self._tally.is_complete = True
                    break
                await self._make_room(batch)
                self._under_way[asyncio.create_task(self._write(batch))] = batch
            while self._under_way:
                await self._take_finished()
        finally:
            await self._abandon()
        return self._tally

    async def _write(self, batch: Batch) -> Sequence[ItemOutcome]:
        return await self._sink.write(batch.records) if batch.records else ()

    async def _make_room(self, batch: Batch) -> None:
        """Wait for a free place, and for an earlier row of the same id: the last row of an id wins."""
        while len(self._under_way) >= IN_FLIGHT or any(batch.ids & other.ids for other in self._under_way.values()):
            await self._take_finished()

    async def _take_finished(self) -> None:
        done, _ = await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            batch = self._under_way.pop(task)
            self._count(batch, task.result())

    def _count(self, batch: Batch, outcomes: Sequence[ItemOutcome]) -> None:
        failures = [_of_broken(record) for record in batch.broken]
        self._tally.add("failed", len(batch.broken))
        for record, outcome in zip(batch.records, outcomes, strict=True):
            self._tally.add(outcome.status)
            if outcome.status == "failed":
                failures.append(_of_outcome(record, outcome))
        self._watcher.on_failures(sorted(failures, key=lambda failure: failure.line))
        self._watcher.on_progress(self._tally)

    async def _abandon(self) -> None:
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)


def _of_broken(record: BrokenRecord) -> Failure:
    return Failure(record.id, record.position, record.code, record.why)


def _of_outcome(record: SourceRecord, outcome: ItemOutcome) -> Failure:
    problem = outcome.problem
    if problem is None:
        return Failure(record.id, record.position, "unknown", "the service did not say why")
    return Failure(record.id, record.position, problem.code, problem.detail)


def summary(tally: Tally) -> Mapping[str, int]:
    """The counts that a person is told, in order."""
    return {status: tally[status] for status in ("created", "updated", "unchanged", "failed")}
