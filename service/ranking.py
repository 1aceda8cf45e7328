"""The order of hits: words, boosts, near-duplicates, groups, variety. Pure functions over arrays, nothing else.

An *order* is a list of positions in the pool, best first; each function takes one and gives one.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.arrays import Vectors

Numbers = NDArray[np.float32]
NEAR_DUPLICATE = 0.985
"""Cosine of two stored vectors from which on two items count as the same picture."""


def min_max(values: Numbers) -> Numbers:
    """To [0, 1] over the pool; NaN (no value) and a pool of equal values give 0."""
    known = values[~np.isnan(values)]
    if known.size == 0 or known.max() == known.min():
        return np.zeros_like(values)
    scaled = (values - known.min()) / (known.max() - known.min())
    return np.asarray(np.nan_to_num(scaled, nan=0.0), dtype=np.float32)


@dataclass(frozen=True)
class Fusion:
    """What a hybrid search ranks by; each part in [0, 1], by position in the pool."""

    share: float
    """Of the text."""
    vector: Numbers
    text: Numbers

    @property
    def values(self) -> Numbers:
        return np.asarray((1.0 - self.share) * self.vector + self.share * self.text, dtype=np.float32)


def fused(cosines: Numbers, bm25: Numbers, nearest: int, share: float) -> Fusion:
    """`(1 - share) * vector + share * text`: a convex combination of two normalised scores.

    Bruch, Gai and Ingber ("An analysis of fusion functions for hybrid retrieval", TOIS 2023) find it better than
    reciprocal rank fusion, which forgets by how much one hit is better than the next. `vector` is the cosine brought
    to [0, 1] between the `nearest`-th best and the best of the pool: among those that the vector found by itself; what
    only the words brought in comes to 0. `text` is BM25 over the best BM25 of the pool; 0 where no word occurs.
    """
    if not len(cosines):
        return Fusion(share, cosines, bm25)
    ordered = np.sort(cosines)[::-1]
    best, worst = ordered[0], ordered[min(nearest, len(ordered)) - 1]
    span = best - worst
    vector = np.clip((cosines - worst) / span, 0.0, 1.0) if span > 0 else (cosines >= worst).astype(np.float32)
    text = bm25 / bm25.max() if bm25.max() > 0 else np.zeros_like(bm25)
    return Fusion(share, vector, text)


def by_value(values: Numbers) -> list[int]:
    """Positions by descending value, ties in the order of the pool."""
    return [int(n) for n in np.argsort(-values, kind="stable")]


def above(order: Sequence[int], scores: Numbers, threshold: float) -> list[int]:
    """Those of the order whose score is at least the threshold."""
    return [n for n in order if scores[n] >= threshold]


def distinct(order: Sequence[int], vectors: Vectors, threshold: float = NEAR_DUPLICATE) -> list[int]:
    """Keep the best of each set of near-duplicates; rows without a vector (zero) are kept."""
    kept: list[int] = []
    chosen = np.empty((len(order), vectors.shape[1]), dtype=np.float32)
    for n in order:
        if not kept or float((chosen[: len(kept)] @ vectors[n]).max()) < threshold:
            chosen[len(kept)] = vectors[n]
            kept.append(n)
    return kept


def first_of_group(order: Sequence[int], groups: Sequence[Hashable]) -> list[int]:
    """Keep the best of each group; None is no group, so such items all stay."""
    seen: set[Hashable] = set()
    kept = []
    for n in order:
        group = groups[n]
        if group is None or group not in seen:
            kept.append(n)
            seen.add(group)
    return kept


def diverse(order: Sequence[int], values: Numbers, vectors: Vectors, diversity: float, count: int) -> list[int]:
    """Maximal marginal relevance (Carbonell and Goldstein, 1998) for the first `count`.

    Each next one maximises `(1 - diversity) * relevance - diversity * greatest cosine to what was taken`, with
    relevance = the values brought to [0, 1] over the order, so that one `diversity` means the same for any model.
    """
    left = np.asarray(order, dtype=np.intp)
    own = vectors[left]
    relevance = min_max(values[left])
    closeness = np.zeros(len(left), dtype=np.float32)
    is_left = np.ones(len(left), dtype=bool)
    taken: list[int] = []
    while len(taken) < min(count, len(left)):
        marginal = np.where(is_left, (1.0 - diversity) * relevance - diversity * closeness, -np.inf)
        best = int(marginal.argmax())
        is_left[best] = False
        taken.append(int(left[best]))
        similar = own @ own[best]
        closeness = similar if len(taken) == 1 else np.maximum(closeness, similar)
    return taken
