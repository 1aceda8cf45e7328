"""Scans the sealed segments of a field as if they were one: they share a trained codec.

The lists near a query are looked up once for all of them, and their codes compare with each other, so that as many
candidates get their exact cosines as in a single segment. Where there is but one, or where candidates are thousands,
FAISS does it all in one call, with less under Python's lock. Owns nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from index.sealed.inverted_lists import ALIKE, Bits, Codes, ListOrder, Slots, scanning
from index.sealed.sealed_segment import SealedSegment, Sifting
from index.sealed.search_settings import SearchSettings
from index.segment import Hits, merge
from index.types import Vector

MOST_SHARED = 4_096
"""Of more candidates, as large pages have, FAISS compares as many in each segment, with less under Python's lock."""


@dataclass(frozen=True)
class Part:
    """A segment, and a bit for each slot that counts, the lowest first; None: all."""

    segment: SealedSegment
    bits: Bits | None = None

    @cached_property
    def sifting(self) -> Callable[[int, SearchSettings], Sifting]:
        """How it is sifted for a limit, with some settings: made once for searches that are alike."""
        return lru_cache(ALIKE)(partial(self.segment.sifting, selected=self.bits))

    @cached_property
    def scanning(self) -> Callable[[int], Any]:
        """How so many of its lists are scanned."""
        return lru_cache(ALIKE)(partial(scanning, bits=self.bits))

    def best_in(self, order: ListOrder, wanted: int) -> Codes:
        """Its best ones in these lists."""
        how = self.scanning(len(order.numbers))
        return self.segment.inverted_lists.scan(order, min(wanted, self.segment.count), how)


def scanned(parts: Sequence[Part], query: Vector, limit: int, settings: SearchSettings) -> Hits:
    """The `limit` nearest in the nearest lists, rescored exactly. `parts`: one at least, of one codec."""
    if len(parts) == 1 or settings.rescored(limit) > MOST_SHARED:
        slots = [part.segment.sifted(query, part.sifting(limit, settings)) for part in parts]
    else:
        slots = _candidates(parts, query, settings.rescored(limit), settings.probes)
    hits = [part.segment.rescored(found, query, limit) for part, found in zip(parts, slots, strict=True)]
    return merge(hits, limit)


def _candidates(parts: Sequence[Part], query: Vector, wanted: int, probes: int) -> list[Slots]:
    """In each part, the slots of those that are among the best `wanted` of all by their codes."""
    faiss.omp_set_num_threads(1)  # of this thread: queries run beside each other, none in pieces
    order = parts[0].segment.inverted_lists.nearest(query, probes)
    found = [part.best_in(order, wanted) for part in parts]
    least = _least(np.concatenate([codes.scores for codes in found]), wanted)
    return [codes.slots[codes.scores >= least] for codes in found]


def _least(scores: NDArray[np.float32], wanted: int) -> float:
    """What the best `wanted` of them reach."""
    return float(np.partition(scores, -wanted)[-wanted]) if len(scores) > wanted else -np.inf
