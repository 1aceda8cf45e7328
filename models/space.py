"""What is known of a vector space apart from any encoder: enough to mix its vectors and to score their cosines.

A manifest is the full answer; `BareSpace` is the answer for vectors that came from elsewhere, of which only the
dimension is known.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from models.arrays import Vector
from models.calibration import Calibration

GENERIC_CURVE = Calibration(slope=10.0, intercept=-5.0)
"""Where nothing was fitted: 0.5 at a cosine of 0.5. It orders as the cosine does, and is no probability."""


class VectorSpace(Protocol):
    """Vectors of unit length with a name."""

    @property
    def space_id(self) -> str: ...

    @property
    def product_image_weight(self) -> float: ...

    def mean(self, modality: Literal["image", "text"]) -> Vector:
        """float32 [dimension] to subtract before modalities are mixed; not of unit length."""

    def is_calibrated(self, query: str, field: str) -> bool:
        """Whether a curve was fitted for such pairs, or for like ones."""

    def calibration_for(self, query: str, field: str) -> Calibration:
        """From cosines to scores."""


@dataclass(frozen=True)
class BareSpace:
    """A space without a model: no means, no fitted curve."""

    space_id: str
    dimension: int
    product_image_weight: float = 0.5

    def mean(self, modality: Literal["image", "text"]) -> Vector:
        return np.zeros(self.dimension, dtype=np.float32)

    def is_calibrated(self, query: str, field: str) -> bool:
        return False

    def calibration_for(self, query: str, field: str) -> Calibration:
        return GENERIC_CURVE
