"""How hard a sealed segment is searched, and the curve from which a recall is chosen. Pure values."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class SearchSettings:
    """`probes` lists are scanned; the best `candidates` codes, times the limit, are rescored exactly."""

    probes: int
    candidates: int
    """Rescored rows for each hit asked for."""


@dataclass(frozen=True)
class CurvePoint:
    """What one setting reached on held-out queries: recall@k against exact search."""

    settings: SearchSettings
    recall: float
    ms: float
    """Median time of a query, for comparing points of one curve."""


def reaching(curve: Sequence[CurvePoint], recall: float) -> CurvePoint:
    """The cheapest point that reaches a recall, or the best there is. Raises ValueError on an empty curve."""
    enough = [point for point in curve if point.recall >= recall]
    if enough:
        return min(enough, key=lambda point: point.ms)
    return max(curve, key=lambda point: (point.recall, -point.ms))
