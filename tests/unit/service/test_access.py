"""Which threads a call of the store takes."""

from collections.abc import Iterator

import pytest

from service.errors import OverloadedError
from service.metrics import Metrics
from service.pacing import Threads
from service.pipeline.access import Access
from service.pipeline.models import Models
from service.queue import DirectRunner, LocalQueue
from service.types import Deadline
from tests.contracts.collection_store.items import EAST, SPEC, write
from tests.fakes.collection_store import FakeCollectionStore


@pytest.fixture
def threads() -> Iterator[Threads]:
    made = Threads("store", 1, 4)
    yield made
    made.close()


@pytest.fixture
def closed() -> Threads:
    """A pool that refuses everything."""
    made = Threads("closed", 1, 4)
    made.close()
    return made


def access(store: FakeCollectionStore, threads: Threads, others: Threads) -> Access:
    queue = LocalQueue(DirectRunner({}), Metrics(), 0, {"interactive": 1, "bulk": 1})
    return Access(store, Models({}, "none", queue, store, threads), threads, others, others)


async def test_what_is_visible_takes_no_thread_of_those_who_wait(threads: Threads, closed: Threads) -> None:
    store = FakeCollectionStore()
    collection = store.create(SPEC)
    sequence = collection.upsert([write("a", EAST)]).sequence
    tested = access(store, threads, closed)
    await tested.see(collection, sequence, Deadline.after(30))
    with pytest.raises(OverloadedError):
        await tested.see(collection, sequence + 1, Deadline.after(30))
