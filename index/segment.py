"""What a segment of a vector field is: the seam between the exact segment and the sealed ones.

Owns the protocol and the merge of several answers. Knows no storage and no index structure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from index.bitmaps import Rows
from index.types import SearchParameters, Vector

NO_FLOOR = -2.0
"""Below every cosine."""
TIED = 2e-6
"""Cosines that differ by less are those of equal vectors: sums in another order differ by as much."""
FEW = 512
"""So many are put in order faster than the best of them are parted off first."""


@dataclass(frozen=True)
class Hits:
    """Rows with their cosines, best first, ties by row."""

    rows: Rows  # int64 [k]
    cosines: NDArray[np.float32]  # float32 [k]

    def kept(self, chosen: NDArray[np.bool_]) -> "Hits":
        """Those that are chosen: bool [k]."""
        return Hits(self.rows[chosen], self.cosines[chosen])

    def without(self, rows: Rows) -> "Hits":
        return self.kept(~np.isin(self.rows, rows))

    def first(self, limit: int) -> "Hits":
        return Hits(self.rows[:limit], self.cosines[:limit])

    def as_near_as(self, nearest: "Hits") -> int:
        """How many of these are as near as the `nearest` that there are: of equal vectors one is as good as another."""
        if not len(nearest.rows):
            return 0
        return min(len(nearest.rows), int(np.count_nonzero(self.cosines >= nearest.cosines[-1] - TIED)))


class SegmentView(Protocol):
    """A segment as it stood at one sequence number. Immutable: any thread may search it, without a lock."""

    def search(
        self, query: Vector, limit: int, allowed: BitMap | None, params: SearchParameters, floor: float = NO_FLOOR
    ) -> Hits:
        """The `limit` nearest live rows among `allowed` (all, where None). Those with a cosine below `floor` may be
        missing: the caller knows of `limit` better ones."""


def best(rows: Rows, cosines: NDArray[np.float32], limit: int) -> Hits:
    """The `limit` best of unordered rows, in order. The cut keeps ties, so that the row decides them."""
    if limit <= 0 or not len(rows):
        return Hits(rows[:0], cosines[:0])
    if max(limit, FEW) < len(rows):
        worst = np.partition(cosines, len(cosines) - limit)[len(cosines) - limit]
        kept = np.flatnonzero(cosines >= worst)
        rows, cosines = rows[kept], cosines[kept]
    order = np.lexsort((rows, -cosines))[:limit]
    return Hits(rows[order], cosines[order])


def search_all(
    segments: Sequence[SegmentView], query: Vector, limit: int, allowed: BitMap | None, params: SearchParameters
) -> Hits:
    """The `limit` nearest of several segments, one after another: each is told how good a hit must be to count."""
    hits = Hits(np.empty(0, np.int64), np.empty(0, np.float32))
    for segment in segments:
        floor = float(hits.cosines[-1]) if 0 < limit == len(hits.rows) else NO_FLOOR
        hits = merge([hits, segment.search(query, limit, allowed, params, floor)], limit)
    return hits


def merge(answers: Sequence[Hits], limit: int) -> Hits:
    """One answer of several segments; a row lives in at most one of them."""
    answers = [hits for hits in answers if len(hits.rows)] or answers[:1]
    if len(answers) == 1:
        return answers[0]
    rows = np.concatenate([hits.rows for hits in answers])
    return best(rows, np.concatenate([hits.cosines for hits in answers]), limit)
