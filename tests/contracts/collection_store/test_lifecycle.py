"""Creating, opening, naming and dropping collections."""

from dataclasses import replace

import pytest

from index import Collection, CollectionStore
from index.errors import CollectionExistsError, CollectionNameError, CollectionNotFoundError, SequenceTimeoutError
from tests.contracts.collection_store.items import EAST, SPEC, write

BAD_NAMES = [
    "",
    ".",
    "..",
    "../shoes",
    "a/b",
    "Shoes",
    "-shoes",
    "_shoes",
    "s" * 65,
    "shoes ",
    "shoes\n",
    "sh\0es",
    "é",
]


def test_a_created_collection_is_listed_and_opens(store: CollectionStore) -> None:
    store.create(SPEC)
    store.create(replace(SPEC, name="0-hats_2"))
    assert list(store.names()) == ["0-hats_2", "shoes"]
    assert store.open("shoes").spec == SPEC


def test_creating_it_again_returns_the_existing_one(store: CollectionStore, collection: Collection) -> None:
    collection.upsert([write("a", EAST)])
    assert store.create(SPEC).count() == 1


def test_another_specification_is_refused(store: CollectionStore, collection: Collection) -> None:
    for other in (replace(SPEC, dimension=5), replace(SPEC, attributes={"brand": "number"})):
        with pytest.raises(CollectionExistsError):
            store.create(other)
    assert collection.spec == SPEC


def test_creating_it_again_with_more_attributes_grows_the_schema(store: CollectionStore) -> None:
    store.create(SPEC)
    grown = store.create(replace(SPEC, attributes={"stock": "number"}))
    assert dict(grown.spec.attributes) == {"brand": "keyword", "price": "number", "stock": "number"}


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_is_no_name_is_refused(store: CollectionStore, name: str) -> None:
    with pytest.raises(CollectionNameError):
        store.create(replace(SPEC, name=name))
    with pytest.raises(CollectionNameError):
        store.open(name)


def test_an_unknown_collection_is_not_found(store: CollectionStore) -> None:
    for act in (store.open, store.drop):
        with pytest.raises(CollectionNotFoundError):
            act("hats")


def test_a_dropped_collection_is_gone_and_its_name_is_free(store: CollectionStore, collection: Collection) -> None:
    collection.upsert([write("a", EAST)])
    store.drop("shoes")
    assert list(store.names()) == []
    with pytest.raises(CollectionNotFoundError):
        collection.search("image", EAST, 1)
    with pytest.raises(CollectionNotFoundError):
        collection.upsert([write("b", EAST)])
    assert store.create(replace(SPEC, dimension=7)).count() == 0


def test_waiting_for_a_sequence(collection: Collection) -> None:
    sequence = collection.upsert([write("a", EAST)]).sequence
    collection.wait_for(sequence, timeout_s=0)
    with pytest.raises(SequenceTimeoutError):
        collection.wait_for(sequence + 1, timeout_s=0)


def test_the_sequence_is_that_of_the_last_write(collection: Collection) -> None:
    before = collection.sequence
    receipt = collection.upsert([write("a", EAST)])
    assert before < receipt.sequence == collection.sequence == collection.info().sequence


def test_info_counts_items_and_vectors(collection: Collection) -> None:
    receipt = collection.upsert([write("a", EAST, EAST), write("b", product=EAST), write("c")])
    info = collection.info()
    assert (info.items, dict(info.vectors), info.sequence) == (3, {"image": 1, "product": 2}, receipt.sequence)
    assert info.spec == SPEC
    assert info.writable
