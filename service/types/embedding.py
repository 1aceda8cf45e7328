"""Embedding, classification, reranking and the state of the models, as values. Owns no behaviour."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.manifest import Manifest
from service.types.notice import Notice
from service.types.queries import PictureBytes


@dataclass(frozen=True)
class EmbeddedBatch:
    """Vectors float32 [n, d] of unit length, in the order of the inputs."""

    model: str
    space: str
    vectors: NDArray[np.float32]
    token_counts: Sequence[int]
    """0 for a picture."""
    truncated: Sequence[bool]


@dataclass(frozen=True)
class Classification:
    """Probabilities of one input, in the order of the labels; they add up to 1."""

    probabilities: Sequence[float]
    cosines: Sequence[float]


@dataclass(frozen=True)
class ClassifiedBatch:
    model: str
    labels: Sequence[str]
    results: Sequence[Classification]
    warnings: Sequence[Notice] = ()


@dataclass(frozen=True)
class RerankQuery:
    """A text, a picture, or both."""

    text: str | None = None
    image: PictureBytes | None = None


@dataclass(frozen=True)
class RankedDocument:
    """`index` points into the documents as they were sent."""

    index: int
    score: float
    cosine: float


@dataclass(frozen=True)
class RerankedBatch:
    """Best first."""

    model: str
    results: Sequence[RankedDocument]
    warnings: Sequence[Notice] = ()


@dataclass(frozen=True)
class QueueFigures:
    """The encode queue at this moment."""

    workers: int
    running: int
    waiting_interactive: int
    waiting_bulk: int
    capacity_interactive: int
    capacity_bulk: int
    encode_ms: float
    """Moving mean of one encoder run."""
    newest_run_s: float = 0.0
    """How long ago the latest of the runs that go on began: while all are busy, how long nothing has moved."""


@dataclass(frozen=True)
class ModelInfo:
    manifest: Manifest
    is_default: bool
    queue: QueueFigures


@dataclass(frozen=True)
class Check:
    """One thing that must be right before this process may serve."""

    name: str
    is_ok: bool
    detail: str = ""


@dataclass(frozen=True)
class Readiness:
    checks: Sequence[Check]

    @property
    def is_ready(self) -> bool:
        return all(check.is_ok for check in self.checks)
