"""Every adapter of the collection store, one after the other, for one suite."""

from collections.abc import Iterator

import pytest

from index import Collection, CollectionStore, LocalStore
from tests.contracts.collection_store.items import SPEC
from tests.fakes.collection_store import FakeCollectionStore
from tests.fakes.memory_folder import memory_folder


@pytest.fixture(params=["local", "fake"])
def store(request: pytest.FixtureRequest) -> Iterator[CollectionStore]:
    with memory_folder() as folder:
        made: CollectionStore = LocalStore(folder / "data") if request.param == "local" else FakeCollectionStore()
        yield made
        made.close()


@pytest.fixture
def collection(store: CollectionStore) -> Collection:
    return store.create(SPEC)
