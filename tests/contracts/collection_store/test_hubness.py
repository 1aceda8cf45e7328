"""Hubness correction: on, off, and what it takes off each row."""

import numpy as np
import pytest

from index import Collection
from index.errors import FieldNotFoundError, VectorError
from tests.contracts.collection_store.items import EAST, NORTH, UP, direction, write

BANK = np.stack([EAST, direction(1, 0.2, 0, 0), direction(1, 0, 0.2, 0)])


def test_what_is_near_to_many_queries_is_set_back(collection: Collection) -> None:
    collection.upsert([write("hub", EAST), write("other", NORTH), write("far", UP)])
    rows = [one.row for one in collection.search("image", EAST, 3)]
    assert collection.biases("image", rows) is None
    info = collection.correct_hubness("image", BANK, 2, 0.5)
    assert (info.k, info.alpha, info.queries) == (2, 0.5, 3)
    found = collection.biases("image", rows)
    assert found is not None
    assert found[0] > max(found[1:]) and found.sum() == pytest.approx(0.0, abs=1e-3)
    assert collection.biases("image", []) is not None
    assert collection.forget_hubness("image")
    assert collection.biases("image", rows) is None


def test_a_bank_is_as_large_as_k(collection: Collection) -> None:
    with pytest.raises(VectorError):
        collection.correct_hubness("image", BANK, 4, 0.5)
    assert not collection.forget_hubness("image")
    with pytest.raises(FieldNotFoundError):
        collection.biases("sound", [1])  # type: ignore[arg-type]
