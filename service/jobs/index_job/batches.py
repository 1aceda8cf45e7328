"""Records in batches that are bounded in items and bytes. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from service.jobs.index_job.record import BrokenRecord, Record, SourceRecord

MAX_ITEMS = 64
MAX_VECTOR_ITEMS = 1000
"""Of records that bring their vectors: nothing is encoded, and a commit costs the same for many."""
MAX_BYTES = 16_000_000


@dataclass(frozen=True)
class Batch:
    """Records to write together, no id twice, and the broken ones that were met on the way."""

    records: Sequence[SourceRecord]
    broken: Sequence[BrokenRecord]

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(record.id for record in self.records)


def in_batches(records: Iterable[Record], max_items: int = MAX_ITEMS, max_bytes: int = MAX_BYTES) -> Iterator[Batch]:
    """All records in order. An id that comes again starts a new batch, so that its last row wins."""
    good: dict[str, SourceRecord] = {}
    broken: list[BrokenRecord] = []
    size = 0
    for record in records:
        most = MAX_VECTOR_ITEMS if isinstance(record, SourceRecord) and record.vectors else max_items
        is_full = len(good) + len(broken) >= most or size >= max_bytes
        if is_full or (isinstance(record, SourceRecord) and record.id in good):
            yield Batch(tuple(good.values()), tuple(broken))
            good, broken, size = {}, [], 0
        if isinstance(record, BrokenRecord):
            broken.append(record)
        else:
            good[record.id] = record
            size += record.size_bytes
    if good or broken:
        yield Batch(tuple(good.values()), tuple(broken))
