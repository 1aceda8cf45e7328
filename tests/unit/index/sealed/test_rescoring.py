"""Candidates by their stored vectors: sifted first where they are many, and then exactly."""

import numpy as np
import pytest

from index.sealed.rescoring import BLOCK, cosines_of, nearest_stored
from index.stored_vectors import STORED, unit_rows

D = 32
QUERY = unit_rows(np.random.default_rng(1).standard_normal((1, D)).astype(STORED))[0]


def some(count: int) -> np.ndarray:
    vectors = np.random.default_rng(0).standard_normal((count, D))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(STORED)


@pytest.mark.parametrize("count", [30, BLOCK, 3 * BLOCK + 5])
def test_the_nearest_as_stored_hold_the_nearest(count: int) -> None:
    stored = some(2 * count)
    slots = np.arange(0, 2 * count, 2)
    found, least = nearest_stored(stored, slots, QUERY, 20)
    cosines = cosines_of(stored, slots, QUERY)
    assert len(found) == 20 and set(found) <= set(slots) and (np.diff(found) > 0).all()
    assert set(slots[np.argsort(-cosines)[:10]]) <= set(found)
    others = ~np.isin(slots, found)
    assert (stored[slots[others]].astype(np.float32) @ QUERY).max() <= least + 1e-6


def test_of_equal_vectors_others_may_be_as_near() -> None:
    stored = np.repeat(some(1), BLOCK, axis=0)
    _, least = nearest_stored(stored, np.arange(BLOCK), QUERY, 5)
    assert least == pytest.approx(float(stored[0].astype(np.float32) @ QUERY), abs=1e-6)
