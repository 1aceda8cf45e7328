"""Retrieval metrics over score matrices. Pure functions of arrays.

Ties: an item's rank is the mean of the ranks its tied group covers, so a constant matrix scores like
chance and never like an oracle (shared protocol: average rank over ties).
"""

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]
"""float32 [queries, gallery], higher is better; -inf takes an item out of a query's gallery."""
Relevant = NDArray[np.bool_]
"""bool [queries, gallery]; every query has at least one relevant item."""
Ranks = NDArray[np.float64]


def first_ranks(scores: Scores, relevant: Relevant) -> Ranks:
    """Rank [queries], from 1, of the best relevant item among the items that are not relevant."""
    best = np.where(relevant, scores, -np.inf).max(axis=1, keepdims=True)
    above = (~relevant & (scores > best)).sum(axis=1)
    tied = (~relevant & (scores == best)).sum(axis=1)
    return np.asarray(1.0 + above + tied / 2.0, dtype=np.float64)


def recall_at(ranks: Ranks, k: int) -> float:
    """Share of queries whose first relevant item is among the first `k`."""
    return float((ranks <= k).mean())


def mean_reciprocal_rank(ranks: Ranks) -> float:
    """Mean of 1 / rank of the first relevant item."""
    return float((1.0 / ranks).mean())


def precision_at_1(scores: Scores, relevant: Relevant) -> float:
    """Expected share of queries whose top item is relevant; tied top items count by their share."""
    top = scores == scores.max(axis=1, keepdims=True)
    return float(((top & relevant).sum(axis=1) / top.sum(axis=1)).mean())


def mean_average_precision(scores: Scores, relevant: Relevant) -> float:
    """Mean over queries of the mean precision at each relevant item; items at -inf are not in the gallery."""
    return float(np.mean([_average_precision(row, marks) for row, marks in zip(scores, relevant, strict=True)]))


def chance_at(k: int, relevant: Relevant) -> float:
    """Expected recall at `k` of a random order."""
    gallery = relevant.shape[1]
    return float(np.mean([_chance(k, int(positives), gallery) for positives in relevant.sum(axis=1)]))


def _average_precision(scores: NDArray[np.float32], relevant: NDArray[np.bool_]) -> float:
    positives = np.sort(scores[relevant])[::-1]
    others = scores[~relevant]
    precisions = []
    for hits, score in enumerate(positives, start=1):
        ahead = (others > score).sum() + (others == score).sum() / 2.0
        precisions.append(hits / (hits + ahead))
    return float(np.mean(precisions))


def _chance(k: int, positives: int, gallery: int) -> float:
    """1 minus the probability that none of `positives` items falls among the first `k` of `gallery`."""
    misses = np.arange(positives)
    free = np.clip((gallery - k - misses) / (gallery - misses), 0.0, None)
    return float(1.0 - np.prod(free))
