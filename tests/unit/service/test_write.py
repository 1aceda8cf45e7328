"""A batch into the store: what it asks of the collection."""

import pytest

from index.types import CollectionInfo
from service.pipeline.write import write_batch
from service.types import ItemOutcome
from tests.contracts.collection_store.items import EAST, SPEC, write
from tests.fakes.collection_store import FakeCollection


class CollectionWithoutInfo(FakeCollection):
    def info(self) -> CollectionInfo:
        pytest.fail("info() walks over every picture")


def test_a_batch_of_failures_costs_no_walk_over_the_files() -> None:
    collection = CollectionWithoutInfo(SPEC)
    collection.upsert([write("a", EAST)])
    failures = [ItemOutcome("b", "failed"), ItemOutcome("c", "failed")]
    written = write_batch(collection, failures)
    assert (written.outcomes, written.sequence) == (failures, 1)
