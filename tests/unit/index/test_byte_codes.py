"""The look over bytes: what it says of the slots it leaves out holds, and the exact segment stays exact with it."""

import numpy as np
import pytest
from numpy.typing import NDArray
from pyroaring import BitMap

from index.byte_codes import ByteCodes, choosing
from index.exact_segment import CODED, ExactSegment
from index.types import SearchParameters, Vector, Vectors

DIMENSION = 64
COUNT = 2 * CODED


def unit(vectors: Vectors) -> Vectors:
    lengths: Vectors = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / lengths


def scattered(count: int = COUNT, seed: int = 0) -> Vectors:
    return unit(np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32))


def crowded() -> Vectors:
    """Nearer to each other than the codes can tell."""
    return unit(np.float32(0.99) * scattered(1, seed=1) + np.float32(0.001) * scattered())


def alike() -> Vectors:
    return np.tile(scattered(4), (COUNT // 4, 1))


def with_one_axis() -> Vectors:
    """One of the vectors has a component far greater than any other's, and comes last."""
    vectors = scattered()
    vectors[-1] = np.eye(DIMENSION, dtype=np.float32)[3]
    return vectors


KINDS = {"scattered": scattered, "crowded": crowded, "alike": alike, "one axis": with_one_axis}


def filled(vectors: Vectors, batch: int = 700) -> ExactSegment:
    segment = ExactSegment(vectors.shape[1])
    for start in range(0, len(vectors), batch):
        block = vectors[start : start + batch]
        segment.stage(np.arange(start, start + len(block)), block)
        segment.publish(BitMap())
    return segment


def expected(vectors: Vectors, query: Vector, allowed: NDArray[np.int64], limit: int) -> list[int]:
    cosines = np.vecdot(vectors, query)
    return sorted(allowed.tolist(), key=lambda row: (-cosines[row], row))[:limit]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("limit", [1, 10, 300])
def test_a_large_segment_is_exact(kind: str, limit: int) -> None:
    vectors = KINDS[kind]()
    view = filled(vectors).view
    allowed = np.flatnonzero(np.random.default_rng(2).random(COUNT) < 0.7)
    for query in (*scattered(5, seed=3), vectors[0], vectors[-1]):
        everything = view.search(query, limit, None, SearchParameters())
        assert everything.rows.tolist() == expected(vectors, query, np.arange(COUNT), limit)
        some = view.search(query, limit, BitMap(allowed.tolist()), SearchParameters())
        assert some.rows.tolist() == expected(vectors, query, allowed, limit)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", [0, 3, 9, 40])
def test_above_a_floor_nothing_is_missing(kind: str, place: int) -> None:
    vectors = KINDS[kind]()
    view = filled(vectors).view
    for query in (*scattered(5, seed=3), vectors[0], vectors[-1]):
        floor = float(np.sort(np.vecdot(vectors, query))[-1 - place])
        wanted = [row for row in expected(vectors, query, np.arange(COUNT), 10) if vectors[row] @ query >= floor]
        found = view.search(query, 10, None, SearchParameters(), floor).rows.tolist()
        assert found[: len(wanted)] == wanted


@pytest.mark.parametrize("kind", KINDS)
def test_no_slot_left_out_has_a_greater_cosine_than_is_said(kind: str) -> None:
    vectors = KINDS[kind]()
    codes = ByteCodes(DIMENSION)
    codes.encode(vectors, 0, COUNT // 2)
    codes.encode(vectors, COUNT // 2, COUNT)
    chosen = np.random.default_rng(2).random(COUNT) < 0.5
    for query in scattered(20, seed=3):
        slots, most = codes.view(COUNT).nearest(query, 50, choosing(chosen))
        assert len(set(slots.tolist())) == 50 and chosen[slots].all()
        others = chosen.copy()
        others[slots] = False
        assert np.vecdot(vectors[others], query).max() <= most


def test_few_are_told_from_the_rest_by_their_codes() -> None:
    """Else every search would compare everything in the end, and nobody would see it."""
    vectors = scattered()
    codes = ByteCodes(DIMENSION)
    codes.encode(vectors, 0, COUNT)
    for query in scattered(20, seed=3):
        slots, others = codes.view(COUNT).nearest(query, 100, choosing(np.ones(COUNT, np.bool_)))
        assert others < np.sort(np.vecdot(vectors[slots], query))[-10]


def test_a_view_keeps_its_codes_when_the_steps_grow() -> None:
    vectors = with_one_axis()
    segment = filled(vectors[:-1])
    before = segment.view
    segment.stage(np.array([COUNT - 1]), vectors[-1:])
    segment.publish(BitMap())
    assert before.codes and segment.view.codes and segment.view.codes.step > before.codes.step
    for query in (*scattered(5, seed=3), vectors[-1]):
        hits = before.search(query, 10, None, SearchParameters())
        assert hits.rows.tolist() == expected(vectors, query, np.arange(COUNT - 1), 10)


def test_a_dimension_that_faiss_is_slow_with_is_left_as_it_is() -> None:
    view = filled(np.ascontiguousarray(scattered()[:, :50])).view
    assert view.codes is None
    assert len(view.search(np.ones(50, np.float32), 10, None, SearchParameters()).rows) == 10
