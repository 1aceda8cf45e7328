"""How hard a sealed segment is searched, and the curve from which a recall is chosen. Pure values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MEASURED_HITS = 10
"""Curves are of the recall of so many hits."""


@dataclass(frozen=True)
class SearchSettings:
    """`probes` lists are scanned; the best `candidates` codes, times the limit, are rescored exactly."""

    probes: int
    candidates: int
    """Rescored rows for each hit asked for."""

    def rescored(self, limit: int) -> int:
        """So many rows in all. Who asks for fewer hits than were measured gets the first of those: their codes tell
        them apart no better."""
        return max(limit, MEASURED_HITS) * self.candidates


EXHAUSTIVE = SearchSettings(0, 0)
"""Every stored vector is looked at: an exact search, where that is faster than scanning as many lists as it takes."""


@dataclass(frozen=True)
class CurvePoint:
    """What one setting reached on held-out queries: recall@k against exact search."""

    settings: SearchSettings
    recall: float
    ms: float
    """Median time of a query, for comparing points of one curve."""


RESERVE = 0.25
"""Of the misses that a recall tolerates: a few hundred held-out queries tell it to about a hundredth, the cheapest of
many points was lucky among them, and vectors of the collection are a little easier than what users ask."""


def reaching(curve: Sequence[CurvePoint], recall: float) -> CurvePoint:
    """The cheapest point that reaches a recall with that reserve, or without, or the best there is.

    Raises ValueError on an empty curve.
    """
    for wanted in (recall + RESERVE * (1.0 - recall), recall):
        enough = [point for point in curve if point.recall >= wanted]
        if enough:
            return min(enough, key=lambda point: point.ms)
    return max(curve, key=lambda point: (point.recall, -point.ms))


def settings_from(curves: Mapping[str, Sequence[CurvePoint]], kind: str | None, recall: float) -> SearchSettings | None:
    """For a kind of query: from its own curve, else as much work as the hardest measured kind needs.

    None where nothing was measured.
    """
    if kind is not None and curves.get(kind):
        return reaching(curves[kind], recall).settings
    needed = [reaching(curve, recall).settings for curve in curves.values() if curve]
    if not needed:
        return None
    if EXHAUSTIVE in needed:
        return EXHAUSTIVE
    return SearchSettings(max(one.probes for one in needed), max(one.candidates for one in needed))
