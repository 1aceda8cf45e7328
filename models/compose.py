"""Vectors made from vectors: composed queries, weighted terms, products. Pure functions.

Vectors of different modalities are centred (the modality's mean subtracted, then unit length) before they are
added, or the offset between the modalities outweighs what they say (methods: C1).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import Vector
from models.errors import CompositionError

MIN_LENGTH = 1e-6
WEAK_DIRECTION = 0.05
"""A direction shorter than this says that the modification changed nothing."""


@dataclass(frozen=True)
class PdvParts:
    """The three centred vectors [d] of a composed query: enough to refine it without an encoder."""

    image: Vector
    """Of the reference picture."""
    base: Vector
    """Of the text that describes the reference."""
    target: Vector
    """Of the text that describes what is wanted."""

    @property
    def direction_length(self) -> float:
        """Length of target - base; near 0 the modification did not change the text."""
        return float(np.linalg.norm(self.target - self.base))


def unit(vector: Vector) -> Vector:
    """The vector [d] at unit length; raises CompositionError where its parts cancel out."""
    length = float(np.linalg.norm(vector))
    if not np.isfinite(length):
        raise CompositionError("the weights of the query are too large: use weights around 1")
    if length < MIN_LENGTH:
        raise CompositionError("the parts of the query cancel each other out: change their weights")
    return np.asarray(vector / length, dtype=np.float32)


def centre(vector: Vector, mean: Vector) -> Vector:
    """Subtract the modality's mean [d] and return to unit length."""
    return unit(vector - mean)


def pdv(parts: PdvParts, alpha: float, beta: float) -> Vector:
    """Prompt directional vector, fused form (arXiv 2502.07215, PDV-F), with one alpha for both branches.

    `(1 - beta) * image + beta * base + alpha * (target - base)`, at unit length. beta 0 keeps the picture only,
    1 the text only; alpha scales the change. For alpha_I = alpha_T = alpha the paper's mixture reduces to this.
    """
    direction = parts.target - parts.base
    with np.errstate(over="ignore", invalid="ignore"):  # `unit` tells the user
        mixed = (1.0 - beta) * parts.image + beta * parts.base + alpha * direction
        return unit(mixed)


def weighted_sum(vectors: Sequence[Vector], weights: Sequence[float]) -> Vector:
    """Sum of centred vectors [d] with their weights (negative ones repel), at unit length."""
    with np.errstate(over="ignore", invalid="ignore"):  # `unit` tells the user
        total = np.einsum("n,nd->d", np.asarray(weights, dtype=np.float32), np.stack(vectors))
        return unit(np.asarray(total, dtype=np.float32))


def product(image: Vector | None, text: Vector | None, image_weight: float) -> Vector:
    """One vector of a product from its centred picture and text, or from the one there is.

    `image_weight * image + (1 - image_weight) * text`, at unit length.
    """
    if image is None and text is None:
        raise CompositionError("a product needs a picture, a text, or both")
    if image is None or text is None:
        return unit(image if image is not None else text)  # type: ignore[arg-type]
    return weighted_sum([image, text], [image_weight, 1.0 - image_weight])
