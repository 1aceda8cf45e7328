"""The exact segment against a sort of everything, through appends, deaths, growth and compaction."""

import numpy as np
import pytest
from numpy.typing import NDArray
from pyroaring import BitMap

from index.exact_segment import COMPACT_SLOTS, ExactSegment
from index.types import SearchParameters, Vectors

DIMENSION = 8
PARAMS = SearchParameters()


def unit_vectors(count: int, seed: int = 0) -> Vectors:
    vectors = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def filled(vectors: Vectors) -> ExactSegment:
    """Rows 0, 1, 2, …"""
    segment = ExactSegment(DIMENSION, capacity=4)
    segment.stage(np.arange(len(vectors)), vectors)
    segment.publish(BitMap())
    return segment


def expected(vectors: Vectors, allowed: NDArray[np.int64], limit: int) -> list[int]:
    query = vectors[0]
    return sorted(allowed.tolist(), key=lambda row: (-np.vecdot(vectors[row], query), row))[:limit]


@pytest.mark.parametrize("share", [0.0, 0.01, 0.15, 0.5, 1.0])
def test_search_is_exact_at_every_selectivity(share: float) -> None:
    vectors = unit_vectors(3000)
    allowed = np.flatnonzero(np.random.default_rng(1).random(3000) < share)
    hits = filled(vectors).view.search(vectors[0], 10, BitMap(allowed.tolist()), PARAMS)
    assert hits.rows.tolist() == expected(vectors, allowed, 10)


def test_equal_vectors_tie_exactly_wherever_they_lie() -> None:
    vectors = np.tile(unit_vectors(7), (500, 1))
    hits = filled(vectors).view.search(vectors[0], 20, None, PARAMS)
    assert hits.rows.tolist() == list(range(0, 140, 7))
    assert len(set(hits.cosines.tolist())) == 1
    few = filled(vectors).view.search(vectors[0], 20, BitMap(range(7, 140)), PARAMS)
    assert few.cosines[0] == hits.cosines[0]


def test_a_view_never_changes() -> None:
    vectors = unit_vectors(100)
    segment = filled(vectors[:50])
    before = segment.view
    expected_then = before.search(vectors[0], 50, None, PARAMS).rows.tolist()
    segment.stage(np.arange(50, 100), vectors[50:])
    assert segment.view.count == 50
    segment.publish(BitMap(range(0, 50, 2)))
    assert before.search(vectors[0], 50, None, PARAMS).rows.tolist() == expected_then
    assert segment.view.search(vectors[0], 100, None, PARAMS).rows.tolist() == expected(
        vectors, np.r_[1:50:2, 50:100], 100
    )


def test_an_update_moves_a_row_to_its_new_vector() -> None:
    vectors = unit_vectors(10)
    segment = filled(vectors)
    segment.stage(np.array([3]), vectors[:1])
    segment.publish(BitMap([3]))
    assert segment.view.search(vectors[0], 2, None, PARAMS).rows.tolist() == [0, 3]
    assert np.array_equal(segment.vectors(np.array([3]))[1], vectors[:1])
    assert segment.live == 10


def test_what_was_staged_and_given_up_is_not_seen() -> None:
    vectors = unit_vectors(10)
    segment = filled(vectors[:5])
    segment.stage(np.arange(5, 8), vectors[5:8])
    segment.unstage()
    segment.stage(np.arange(8, 10), vectors[8:])
    segment.publish(BitMap())
    found = segment.view.search(vectors[0], 10, None, PARAMS).rows.tolist()
    assert sorted(found) == [0, 1, 2, 3, 4, 8, 9]
    assert segment.vectors(np.array([5, 9]))[0].tolist() == [False, True]


def test_compaction_drops_the_dead_and_changes_no_answer() -> None:
    vectors = unit_vectors(3 * COMPACT_SLOTS)
    segment = filled(vectors)
    assert not segment.needs_compaction()
    segment.publish(BitMap(range(2 * COMPACT_SLOTS)))
    assert segment.needs_compaction()
    compact = segment.compacted()
    assert compact.view.count == COMPACT_SLOTS
    assert compact.nbytes < segment.nbytes
    before = segment.view.search(vectors[0], 50, None, PARAMS)
    after = compact.view.search(vectors[0], 50, None, PARAMS)
    assert before.rows.tolist() == after.rows.tolist()
    assert before.cosines.tolist() == after.cosines.tolist()


def test_rows_without_a_vector_are_zero() -> None:
    found, vectors = filled(unit_vectors(3)).vectors(np.array([-1, 2, 99]))
    assert found.tolist() == [False, True, False]
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([0, 1, 0], abs=1e-6)


def test_an_empty_segment() -> None:
    hits = ExactSegment(DIMENSION).view.search(unit_vectors(1)[0], 10, BitMap([5]), PARAMS)
    assert hits.rows.tolist() == []
