"""The index job: bounded batches, a bounded number under way, the last row of an id wins, a stop that is clean."""

import asyncio
from collections.abc import Iterator, Sequence

import pytest

from service.jobs.index_job.batches import in_batches
from service.jobs.index_job.error_file import Failure
from service.jobs.index_job.job import IN_FLIGHT, Tally, Watcher, run_index
from service.jobs.index_job.record import BrokenRecord, Record, SourceRecord
from service.jobs.index_job.sink import SinkError
from service.types import CollectionOptions, ItemOutcome, Problem

REFUSED = Problem("item_invalid", "No", "it is empty", 400)


class ListSource:
    def __init__(self, records: Sequence[Record]) -> None:
        self.records = records
        self.taken = 0
        self.description = "a list"
        self.total = len(records)

    def __iter__(self) -> Iterator[Record]:
        for record in self.records:
            self.taken += 1
            yield record


class MemorySink:
    """Keeps what it got; writes wait until `gate` is set."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.is_full = asyncio.Event()
        self.stored: dict[str, str | None] = {}
        self.under_way = 0
        self.most_under_way = 0
        self.error: Exception | None = None

    async def prepare(self, options: CollectionOptions) -> None: ...

    async def write(self, records: Sequence[SourceRecord]) -> Sequence[ItemOutcome]:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        if self.under_way == IN_FLIGHT:
            self.is_full.set()
        await self.gate.wait()
        if self.error:
            raise self.error
        self.stored.update({record.id: record.text for record in records})
        self.under_way -= 1
        return [
            ItemOutcome(r.id, "failed", REFUSED) if r.text is None else ItemOutcome(r.id, "created") for r in records
        ]

    async def close(self) -> None: ...


class Log:
    def __init__(self) -> None:
        self.failures: list[Failure] = []
        self.progress: list[int] = []

    @property
    def watcher(self) -> Watcher:
        return Watcher(self.failures.extend, lambda tally: self.progress.append(tally.items))


def record(n: int, id_: str | None = None, text: str | None = "x", image: bytes | None = None) -> SourceRecord:
    return SourceRecord(n, id_ or f"i{n}", text, image)


async def run(records: Sequence[Record], sink: MemorySink, log: Log) -> Tally:
    return await run_index(ListSource(records), sink, log.watcher, asyncio.Event())


async def test_everything_is_written_and_counted_and_failures_keep_their_lines() -> None:
    sink, log = MemorySink(), Log()
    records: list[Record] = [record(n) for n in range(200)]
    records += [BrokenRecord(200, "broken", "json_invalid", "why"), record(201, text=None)]
    tally = await run(records, sink, log)
    assert (tally["created"], tally["failed"], tally.items, tally.is_complete) == (200, 2, 202, True)
    assert log.failures == [
        Failure("broken", 200, "json_invalid", "why"),
        Failure("i201", 201, "item_invalid", "it is empty"),
    ]
    assert log.progress[-1] == 202


async def test_no_more_batches_than_allowed_are_read_ahead() -> None:
    sink, log = MemorySink(), Log()
    sink.gate.clear()
    source = ListSource([record(n) for n in range(64 * 20)])
    job = asyncio.create_task(run_index(source, sink, log.watcher, asyncio.Event()))
    await sink.is_full.wait()
    assert source.taken <= 64 * (IN_FLIGHT + 1) + 1
    sink.gate.set()
    await job
    assert sink.most_under_way == IN_FLIGHT


async def test_the_last_row_of_an_id_wins_though_batches_overlap() -> None:
    sink = MemorySink()
    await run([record(n, "same", text=f"text {n}") for n in range(50)], sink, Log())
    assert sink.stored == {"same": "text 49"}
    assert sink.most_under_way == 1


async def test_a_stop_finishes_what_is_under_way_and_reads_no_more() -> None:
    sink, log, stop = MemorySink(), Log(), asyncio.Event()
    source = ListSource([record(n) for n in range(64 * 50)])
    watcher = Watcher(log.failures.extend, lambda _: stop.set())
    tally = await run_index(source, sink, watcher, stop)
    assert not tally.is_complete
    assert tally.items == len(sink.stored) < 64 * 50


async def test_an_error_of_the_sink_ends_the_job() -> None:
    sink = MemorySink()
    sink.error = SinkError("the disk is gone")
    with pytest.raises(SinkError, match="disk"):
        await run([record(n) for n in range(500)], sink, Log())


def test_batches_are_bounded_in_items_and_bytes() -> None:
    batches = list(in_batches([record(n) for n in range(100)], max_items=30))
    assert [len(batch.records) for batch in batches] == [30, 30, 30, 10]
    heavy = [record(n, image=b"x" * 1000) for n in range(10)]
    assert all(len(batch.records) <= 3 for batch in in_batches(heavy, max_bytes=5000))
    assert sum(len(batch.records) for batch in in_batches(heavy, max_bytes=5000)) == 10
