"""What a search gives back. Owns no behaviour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from index.types import Attributes, Facet
from service.types.notice import Notice
from service.types.queries import Vector


@dataclass(frozen=True)
class Hit:
    id: str
    score: float
    """Calibrated probability that the pair matches, in [0, 1]."""
    cosine: float
    text: str | None
    attributes: Attributes
    has_image: bool
    vector: Vector | None = None
    explain: Mapping[str, float | str] | None = None


@dataclass(frozen=True)
class FacetCounts:
    """How many items a filter selects, and what they have."""

    count: int
    facets: Sequence[Facet]


@dataclass(frozen=True)
class StageTimes:
    """Milliseconds of each stage of one request."""

    decode: float = 0.0
    embed: float = 0.0
    search: float = 0.0
    rank: float = 0.0


@dataclass(frozen=True)
class SearchResult:
    hits: Sequence[Hit]
    query_id: str
    space: str
    took_ms: StageTimes
    warnings: Sequence[Notice] = ()
