"""Every adapter of the collection store, one after the other, for one suite."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from index import Collection, CollectionStore, LocalStore
from tests.contracts.collection_store.items import SPEC
from tests.fakes.collection_store import FakeCollectionStore


@pytest.fixture(params=["local", "fake"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CollectionStore]:
    made: CollectionStore = LocalStore(tmp_path / "data") if request.param == "local" else FakeCollectionStore()
    yield made
    made.close()


@pytest.fixture
def collection(store: CollectionStore) -> Collection:
    return store.create(SPEC)
