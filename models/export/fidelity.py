"""How much of a search survives a reduced precision, measured on real pictures and texts. Pure functions.

Vectors are centred first: all pictures share a large common part, and a cosine over that part hides any damage.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from models.arrays import Vectors
from models.export.errors import FidelityError

MIN_CENTRED_COSINE = 0.995
MIN_SAME_NEIGHBOUR = 0.95
MIN_PICTURES = 500
_SPREAD = 1e-4
_CHUNK = 1024


@dataclass(frozen=True)
class Fidelity:
    """Reduced precision against fp32, over the same inputs."""

    inputs: int
    centred_cosine: float
    """The mean over the inputs."""
    least_cosine: float
    same_neighbour: float
    """Share of the inputs whose nearest other input stays the same."""

    @property
    def is_enough(self) -> bool:
        return self.centred_cosine >= MIN_CENTRED_COSINE and self.same_neighbour >= MIN_SAME_NEIGHBOUR

    def as_figures(self, tower: str) -> dict[str, float]:
        """For the manifest."""
        return {
            f"{tower}_fidelity_inputs": float(self.inputs),
            f"{tower}_fidelity_centred_cosine": self.centred_cosine,
            f"{tower}_fidelity_same_neighbour": self.same_neighbour,
        }


Judge: TypeAlias = Callable[[Fidelity, str, str], None]
"""Raises FidelityError when a precision (second) loses too much in a tower (third)."""


def measure(reference: Vectors, reduced: Vectors) -> Fidelity:
    """Compare float32 [n, d] with [n, d]; both are centred by the mean of the reference."""
    mean = reference.mean(axis=0)
    exact, rough = _unit(reference - mean), _unit(reduced - mean)
    cosines = np.einsum("nd,nd->n", exact, rough)
    same = _neighbours(exact) == _neighbours(rough)
    return Fidelity(len(exact), float(cosines.mean()), float(cosines.min()), float(same.mean()))


def require_signal(vectors: Vectors) -> None:
    """Raises FidelityError when the model gives every input the same vector: nothing can be measured on that."""
    if not float(np.linalg.norm(vectors - vectors.mean(axis=0), axis=1).mean()) > _SPREAD:
        raise FidelityError("the model gives all inputs the same vector: are its weights trained?")


def require_enough(fidelity: Fidelity, precision: str, tower: str) -> None:
    """Raises FidelityError, with the figures, below the limits."""
    if not fidelity.is_enough:
        raise FidelityError(
            f"{precision} refused: the {tower} tower keeps a centred cosine of {fidelity.centred_cosine:.4f} (must be "
            f"{MIN_CENTRED_COSINE}) and {fidelity.same_neighbour:.1%} of nearest neighbours (must be "
            f"{MIN_SAME_NEIGHBOUR:.0%}) on {fidelity.inputs} inputs; use another --precision"
        )


def _unit(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), dtype=np.float32)


def _neighbours(vectors: Vectors) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Row of the nearest other vector, for each; in chunks, so that memory stays bounded."""
    found = []
    for start in range(0, len(vectors), _CHUNK):
        similarity = vectors[start : start + _CHUNK] @ vectors.T
        rows = np.arange(len(similarity))
        similarity[rows, start + rows] = -np.inf
        found.append(similarity.argmax(axis=1))
    return np.concatenate(found)
