"""Choices made on seen concepts only: the visual share, the weights of composition, the product weight, calibration.

Seen concepts are those that training may use; calibration alone is fitted on held-out concepts, because
it needs pairs that the head was not trained to bring together (but for composed queries, which nothing is trained
on: the held-out ones are the evaluation's). Never touches Tux Paint.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import product as grid

import numpy as np

from models.arrays import Vector, Vectors
from models.calibration import fit_calibration
from models.compose import PdvParts, centre, pdv, product, weighted_sum
from models.evaluation.metrics import first_ranks, precision_at_1, recall_at
from models.evaluation.triplets import Triplet
from models.manifest import CalibrationPart, Composition

PRIOR_ODDS = 1 / 100
"""A score is the probability that a pair matches when one in about a hundred does."""
_ALPHAS = (0.8, 1.2, 1.6, 2.0, 2.5, 3.0, 4.0)
_BETAS = (0.1, 0.25, 0.4, 0.55, 0.7, 0.85)
_SUM_WEIGHTS = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
_PRODUCT_WEIGHTS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)


def cross_precision(left: Vectors, right: Vectors) -> float:
    """P@1 [0, 1] both ways between two suppliers' pictures [n, d]; row i of both is the same thing."""
    scores, relevant = left @ right.T, np.eye(len(left), dtype=bool)
    return (precision_at_1(scores, relevant) + precision_at_1(scores.T, relevant)) / 2


def tune_composition(
    pictures: Vectors, bases: Vectors, changes: Vectors, targets: Vectors, triplets: Sequence[Triplet], gallery: Vectors
) -> Composition:
    """Best macro R@1 over kinds; the first four are centred rows [triplets, d], `gallery` [items, d] is as stored."""
    score = _macro_recall(triplets, gallery)
    pairs = list(zip(pictures, changes, strict=True))

    def recall(knobs: tuple[float, float]) -> float:
        return score(list(composed(pictures, bases, targets, Composition(alpha=knobs[0], beta=knobs[1]))))

    alpha, beta = max(grid(_ALPHAS, _BETAS), key=recall)
    weight = max(_SUM_WEIGHTS, key=lambda w: score([weighted_sum(pair, [1.0, w]) for pair in pairs]))
    return Composition(alpha=alpha, beta=beta, sum_weight=weight)


def composed(pictures: Vectors, bases: Vectors, targets: Vectors, composition: Composition) -> Vectors:
    """Composed queries by prompt directional vectors, from centred rows. [n, d]"""
    parts = [PdvParts(*vectors) for vectors in zip(pictures, bases, targets, strict=True)]
    return np.stack([pdv(part, composition.alpha, composition.beta) for part in parts])


def tune_product_weight(left: tuple[Vectors, Vectors], right: tuple[Vectors, Vectors]) -> float:
    """Best R@1 between two suppliers' (picture, text) vectors, centred; row i of both is the same thing."""
    relevant = np.eye(len(left[0]), dtype=bool)

    def recall(weight: float) -> float:
        queries, gallery = (products(*side, weight) for side in (left, right))
        return recall_at(first_ranks(queries @ gallery.T, relevant), 1)

    return max(_PRODUCT_WEIGHTS, key=recall)


def products(pictures: Vectors, texts: Vectors, weight: float) -> Vectors:
    """Product vectors of centred pictures and texts. [n, d]"""
    return np.stack([product(picture, text, weight) for picture, text in zip(pictures, texts, strict=True)])


def centred(vectors: Vectors, mean: Vector) -> Vectors:
    """Rows without the modality's mean, unit length."""
    return np.stack([centre(vector, mean) for vector in vectors])


def calibrate(pairs: Mapping[str, tuple[Vectors, Vectors]], names: Sequence[str]) -> dict[str, CalibrationPart]:
    """One curve a kind of pair [n, d]: rows of one name match, all others do not.

    The fit weighs both classes alike; the prior then shifts it.
    """
    titles = np.array([name.lower() for name in names])
    same = titles[:, None] == titles[None, :]
    parts = {}
    for kind, (left, right) in pairs.items():
        cosines = left @ right.T
        curve = fit_calibration(cosines.diagonal(), cosines[~same])
        parts[kind] = CalibrationPart(slope=curve.slope, intercept=curve.intercept + math.log(PRIOR_ODDS))
    return parts


def _macro_recall(triplets: Sequence[Triplet], gallery: Vectors) -> Callable[[Sequence[Vector]], float]:
    relevant = np.zeros((len(triplets), len(gallery)), dtype=bool)
    relevant[np.arange(len(triplets)), [triplet.target for triplet in triplets]] = True
    references = [triplet.reference for triplet in triplets]
    kinds = np.array([triplet.kind for triplet in triplets])

    def macro(queries: Sequence[Vector]) -> float:
        scores = np.stack(queries) @ gallery.T
        scores[np.arange(len(triplets)), references] = -np.inf
        ranks = first_ranks(scores, relevant)
        return float(np.mean([recall_at(ranks[kinds == kind], 1) for kind in sorted(set(kinds))]))

    return macro
