"""Metrics against values worked out by hand, and their conduct under ties."""

import numpy as np
import pytest

from models.evaluation.metrics import (
    chance_at,
    first_ranks,
    mean_average_precision,
    mean_reciprocal_rank,
    precision_at_1,
    recall_at,
)

SCORES = np.array([[0.9, 0.5, 0.1], [0.2, 0.8, 0.4]], dtype=np.float32)
RELEVANT = np.array([[True, False, False], [False, False, True]])


def test_rank_of_first_relevant() -> None:
    assert first_ranks(SCORES, RELEVANT).tolist() == [1.0, 2.0]


def test_recall_and_reciprocal_rank() -> None:
    ranks = first_ranks(SCORES, RELEVANT)
    assert recall_at(ranks, 1) == 0.5
    assert recall_at(ranks, 2) == 1.0
    assert mean_reciprocal_rank(ranks) == 0.75


def test_constant_scores_are_no_oracle() -> None:
    constant = np.zeros((4, 10), dtype=np.float32)
    relevant = np.eye(4, 10, dtype=bool)
    ranks = first_ranks(constant, relevant)
    assert ranks.tolist() == [5.5] * 4
    assert recall_at(ranks, 1) == 0.0
    assert precision_at_1(constant, relevant) == pytest.approx(0.1)


def test_best_of_several_relevant_counts() -> None:
    scores = np.array([[0.1, 0.7, 0.9, 0.8]], dtype=np.float32)
    relevant = np.array([[True, False, False, True]])
    assert first_ranks(scores, relevant).tolist() == [2.0]


def test_items_out_of_the_gallery_never_rank() -> None:
    scores = np.array([[-np.inf, 0.1, 0.2]], dtype=np.float32)
    relevant = np.array([[False, True, False]])
    assert first_ranks(scores, relevant).tolist() == [2.0]


def test_average_precision_by_hand() -> None:
    scores = np.array([[0.9, 0.8, 0.7, 0.6]], dtype=np.float32)
    relevant = np.array([[True, False, True, False]])
    assert mean_average_precision(scores, relevant) == pytest.approx((1 / 1 + 2 / 3) / 2)


def test_chance_with_several_relevant() -> None:
    relevant = np.array([[True, True, False, False]])
    assert chance_at(1, relevant) == pytest.approx(0.5)
    assert chance_at(2, relevant) == pytest.approx(1 - (2 / 4) * (1 / 3))
    assert chance_at(4, relevant) == pytest.approx(1.0)
