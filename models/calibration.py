"""Cosines to probabilities: the score that thresholds apply to.

A cosine of 0.3 between a text and a picture and one of 0.8 between two pictures can mean the same, so each
pair of modalities has a logistic curve of its own (Platt, 1999), fitted on held-out pairs.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Calibration:
    """`score = 1 / (1 + exp(-(slope * cosine + intercept)))`."""

    slope: float
    intercept: float

    def score(self, cosine: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probability that the pair matches, same shape as `cosine`, in [0, 1]."""
        logit = np.clip(self.slope * cosine + self.intercept, -60.0, 60.0)
        return np.asarray(1.0 / (1.0 + np.exp(-logit)), dtype=np.float32)


def fit_calibration(matching: NDArray[np.float32], other: NDArray[np.float32]) -> Calibration:
    """Fit on cosines [n] of matching pairs and [m] of pairs that do not match, each class weighted alike.

    Needs scikit-learn (extra `train`).
    """
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - a training dependency, not a serving one

    cosines = np.concatenate([matching, other]).reshape(-1, 1)
    labels = np.concatenate([np.ones(len(matching)), np.zeros(len(other))])
    model = LogisticRegression(C=1e6, class_weight="balanced").fit(cosines, labels)
    return Calibration(slope=float(model.coef_[0, 0]), intercept=float(model.intercept_[0]))
