"""Held-out queries, samples, codecs, and what is asked of a collection between the searches."""

from dataclasses import replace

import numpy as np
import pytest

from index import Collection, CollectionStore
from index.errors import CodecUnfitError, CollectionExistsError, FieldNotFoundError
from tests.contracts.collection_store.items import EAST, NORTH, SPEC, UP, write


def test_kept_queries_come_back_and_are_replaced(collection: Collection) -> None:
    assert collection.queries("image", "text", "log").shape == (0, 4)
    collection.keep_queries("image", "text", "log", np.stack([EAST, NORTH]))
    collection.keep_queries("image", "text", "items", np.stack([UP]))
    collection.keep_queries("image", "text", "log", np.stack([NORTH, UP, EAST]))
    assert collection.queries("image", "text", "log") == pytest.approx(np.stack([NORTH, UP, EAST]), abs=1e-3)
    assert len(collection.queries("image", "text", "items")) == 1
    assert len(collection.queries("product", "text", "log")) == 0


def test_no_more_queries_are_kept_than_the_bank_holds(collection: Collection) -> None:
    collection.keep_queries("image", "composed", "log", np.tile(EAST, (600, 1)))
    assert len(collection.queries("image", "composed", "log")) == 512


def test_queries_of_a_field_that_is_not_there_are_refused(store: CollectionStore) -> None:
    pictures_only = store.create(replace(SPEC, name="pictures", fields=("image",)))
    with pytest.raises(FieldNotFoundError):
        pictures_only.keep_queries("product", "text", "log", np.stack([EAST]))


def test_a_sample_holds_distinct_live_items(collection: Collection) -> None:
    collection.upsert([write(f"i{n}", EAST) for n in range(20)])
    collection.delete([f"i{n}" for n in range(10)])
    ids = {item.id for item in collection.sample(5)}
    assert len(ids) == 5
    assert ids < {item.id for item in collection.sample(100)} == {f"i{n}" for n in range(10, 20)}


def test_an_exact_collection_has_no_recall_to_check(collection: Collection) -> None:
    collection.upsert([write("a", EAST)])
    assert collection.check_recall("image", EAST, 10) is None
    assert collection.info().index.snapshot is None


def test_tending_a_small_collection_changes_nothing(collection: Collection) -> None:
    sequence = collection.upsert([write("a", EAST)]).sequence
    collection.tend()
    collection.tend(measure=True)
    assert (collection.sequence, collection.info().index.snapshot) == (sequence, None)


def test_the_codec_belongs_to_the_specification(store: CollectionStore) -> None:
    store.create(replace(SPEC, codec="exact"))
    assert store.open("shoes").spec.codec == "exact"
    with pytest.raises(CollectionExistsError):
        store.create(SPEC)


def test_a_codec_that_does_not_take_the_vectors_is_refused(store: CollectionStore) -> None:
    with pytest.raises(CodecUnfitError, match="auto"):
        store.create(replace(SPEC, codec="ivf-rabitq"))
    assert list(store.names()) == []
    assert store.create(replace(SPEC, codec="auto")).spec.codec == "auto"
