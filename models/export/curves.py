"""Means and score curves of a new bundle: measured where there is something to measure on, else stated as guesses.

Owns the fallbacks; docs/models.md explains them to users.
"""

from dataclasses import dataclass

import numpy as np

from models.arrays import Vectors
from models.calibration import Calibration, fit_calibration

MIN_PAIRS = 50
_OTHERS = 20
_TYPICAL_MATCH = 0.25
"""Cosine between a random and a matching text and picture in the published CLIP models."""
_SAME_PICTURE = Calibration(slope=20.0, intercept=-14.0)
"""Even odds at a cosine of 0.7: random pairs of pictures lie near 0.5 in CLIP models."""


@dataclass(frozen=True)
class Pairs:
    """Vectors of things that belong together row by row, float32 [n, d] each."""

    left: Vectors
    right: Vectors

    @property
    def are_enough(self) -> bool:
        return len(self.left) >= MIN_PAIRS


def fit(pairs: Pairs) -> Calibration:
    """A curve from matching rows against rows that are shifted by 1 to 20 places."""
    matching = np.einsum("nd,nd->n", pairs.left, pairs.right)
    shifts = range(1, min(_OTHERS, len(pairs.left) - 1) + 1)
    others = [np.einsum("nd,nd->n", pairs.left, np.roll(pairs.right, shift, axis=0)) for shift in shifts]
    return fit_calibration(matching, np.concatenate(others))


def guess_text_image(logit_scale: float, logit_bias: float) -> Calibration:
    """The model's own logit where it was trained with a bias (SigLIP: its sigmoid is the probability of a pair).

    CLIP's soft-max has none; even odds are put at a cosine of 0.25.
    """
    if logit_bias:
        return Calibration(logit_scale, logit_bias)
    return Calibration(logit_scale, -logit_scale * _TYPICAL_MATCH)


def guess_image_image() -> Calibration:
    """What holds roughly for CLIP models."""
    return _SAME_PICTURE
