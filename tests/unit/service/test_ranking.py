"""The order of hits: pure functions, checked one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import ranking


def floats(*values: float) -> ranking.Numbers:
    return np.asarray(values, dtype=np.float32)


def test_min_max_brings_values_to_zero_and_one() -> None:
    assert ranking.min_max(floats(10, 20, 15)).tolist() == [0, 1, 0.5]


def test_min_max_of_nothing_equal_or_unknown_is_zero() -> None:
    assert ranking.min_max(floats()).tolist() == []
    assert ranking.min_max(floats(3, 3)).tolist() == [0, 0]
    assert ranking.min_max(floats(np.nan, np.nan)).tolist() == [0, 0]
    assert ranking.min_max(floats(np.nan, 1, 2)).tolist() == [0, 0, 1]


def test_order_by_value_keeps_ties_in_place() -> None:
    assert ranking.by_value(floats(1, 3, 3, 2)) == [1, 2, 3, 0]


def test_the_threshold_includes_itself() -> None:
    assert ranking.above([2, 1, 0], floats(0.2, 0.5, 0.9), 0.5) == [2, 1]


def test_near_duplicates_collapse_to_the_best() -> None:
    vectors = np.asarray([[1, 0], [0.999, 0.0447], [0, 1], [0.0447, 0.999]], dtype=np.float32)
    assert ranking.distinct([3, 1, 0, 2], vectors) == [3, 1]


def test_items_without_a_vector_are_no_duplicates_of_each_other() -> None:
    assert ranking.distinct([0, 1], np.zeros((2, 3), dtype=np.float32)) == [0, 1]


def test_groups_keep_their_best_and_items_without_group_stay() -> None:
    assert ranking.first_of_group([4, 3, 2, 1, 0], ["a", None, "a", None, "b"]) == [4, 3, 2, 1]


CLUSTERS = np.asarray([[1, 0], [0.99, 0.141], [0.98, 0.199], [0, 1]], dtype=np.float32)


def test_no_diversity_is_pure_relevance() -> None:
    assert ranking.diverse([0, 1, 2, 3], floats(4, 3, 2, 1), CLUSTERS, 0.0, 4) == [0, 1, 2, 3]


def test_diversity_brings_another_cluster_forward() -> None:
    assert ranking.diverse([0, 1, 2, 3], floats(1.0, 0.95, 0.9, 0.6), CLUSTERS, 0.7, 2) == [0, 3]


def test_diversity_takes_the_best_first_and_no_more_than_asked() -> None:
    assert ranking.diverse([3, 0, 1], floats(4, 3, 2, 9), CLUSTERS, 1.0, 1) == [3]


@given(seed=st.integers(0, 1000), n=st.integers(1, 30), count=st.integers(1, 40), diversity=st.floats(0, 1))
def test_diversity_chooses_distinct_candidates_of_the_order(seed: int, n: int, count: int, diversity: float) -> None:
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(n, 5)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    order = random.permutation(n)[: max(1, n // 2)].tolist()
    taken = ranking.diverse(order, random.uniform(size=n).astype(np.float32), vectors, diversity, count)
    assert len(taken) == len(set(taken)) == min(count, len(order))
    assert set(taken) <= set(order)


def test_relevance_is_measured_over_the_order_so_the_scale_does_not_matter() -> None:
    small = ranking.diverse([0, 1, 2, 3], floats(0.31, 0.3, 0.29, 0.28), CLUSTERS, 0.4, 4)
    large = ranking.diverse([0, 1, 2, 3], floats(310, 300, 290, 280), CLUSTERS, 0.4, 4)
    assert small == large


@pytest.mark.parametrize("order", [[], [0]])
def test_short_orders_pass(order: list[int]) -> None:
    assert ranking.distinct(order, CLUSTERS) == order
    assert ranking.first_of_group(order, ["a"]) == order
