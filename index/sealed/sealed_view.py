"""A sealed segment with the rows that were dead at one sequence number, and how a search of it is done.

Immutable. Filters choose between exact search, a scan that widens, and the scan that the curves were measured with.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from index.bitmaps import Rows, from_rows, to_rows
from index.sealed.scanning import Part, scanned
from index.sealed.sealed_segment import SealedSegment, Slots
from index.sealed.search_settings import EXHAUSTIVE, CurvePoint, SearchSettings, settings_from
from index.sealed.widening import Answer, Widening, widened
from index.segment import Hits
from index.types import SearchParameters, Vector

GATHERED_SHARE = 0.001
"""Up to this share of allowed rows they are gathered, which costs more a row than a walk over all, but no walk."""
EXACT_ROWS = 4_096
EXACT_SHARE = 0.01
"""So few allowed rows are all compared: faster than lists of which almost nothing is allowed, and exact."""


@dataclass(frozen=True)
class SealedView:
    """A segment with the rows that were dead at one sequence number."""

    segment: SealedSegment
    dead: BitMap
    """Slots."""
    curves: Mapping[str, Sequence[CurvePoint]] = field(default_factory=dict)
    """Query kind to what was measured for it on held-out queries; without any, settings that are generous."""
    recall: float = 0.95
    """Reached where a search asks for none."""

    @classmethod
    def of(cls, segment: SealedSegment, dead_rows: BitMap, curves: Mapping[str, Sequence[CurvePoint]]) -> "SealedView":
        return cls(segment, from_rows(segment.slots_of(to_rows(dead_rows))), curves)

    @property
    def live(self) -> int:
        return self.segment.count - len(self.dead)

    @property
    def mapped_bytes(self) -> int:
        return self.segment.mapped_bytes

    @property
    def nbytes(self) -> int:
        """In anonymous memory: with a bit a slot, for which of them live."""
        return self.segment.nbytes + self.segment.count // 8

    def without(self, rows: Rows) -> "SealedView":
        """The view once these rows are dead."""
        slots = self.segment.slots_of(rows)
        if not len(slots):
            return self
        bits = self._alive_bits.copy()
        np.bitwise_and.at(bits, slots >> 3, ~(np.uint8(1) << (slots & 7).astype(np.uint8)))
        view = replace(self, dead=self.dead | from_rows(slots))
        view.__dict__["_alive_bits"] = bits  # what the cached property would work out from all dead rows
        return view

    def live_slots(self, rows: Rows) -> tuple[NDArray[np.bool_], Slots]:
        """Which of `rows` live here, and their slots in the order of `rows`."""
        found, slots = self.segment.find(rows)
        alive = self.is_alive(slots)
        found[found] = alive
        return found, slots[alive]

    def settings_for(self, params: SearchParameters) -> SearchSettings | None:
        """None: search exactly."""
        if params.exact:
            return None
        wanted = self.recall if params.recall is None else params.recall
        found = settings_from(self.curves, params.kind, wanted)
        if found == EXHAUSTIVE:
            return None
        return found or SearchSettings(max(8, self.segment.lists // 8), 20)

    def search(self, query: Vector, limit: int, allowed: BitMap | None, params: SearchParameters) -> Hits:
        """The nearest live rows among `allowed` (all, where None), rescored exactly."""
        return self.answer(query, limit, allowed, params).hits

    def answer(self, query: Vector, limit: int, allowed: BitMap | None, params: SearchParameters) -> Answer:
        """The same, with how it was found."""
        if limit <= 0 or not self.segment.count:
            return Answer(Hits(np.empty(0, np.int64), np.empty(0, np.float32)))
        settings = self.settings_for(params)
        if allowed is None:
            return self._unfiltered(query, limit, params, settings)
        selected = self.segment.selected(allowed)
        if self.dead:
            selected &= self._alive()
        passing = int(np.count_nonzero(selected))
        if passing <= GATHERED_SHARE * self.segment.count:
            return Answer(self.segment.rescored(np.flatnonzero(selected), query, limit))
        if settings is None or passing <= max(EXACT_ROWS, EXACT_SHARE * self.segment.count):
            return Answer(self.segment.nearest(query, limit, _bits(selected)))
        return self._widened(query, limit, params, settings, selected)

    @cached_property
    def part(self) -> Part:
        """Its live slots, for a scan."""
        return Part(self.segment, self._alive_bits if self.dead else None)

    @property
    def alive_slots(self) -> Slots:
        return np.flatnonzero(self._alive())

    def is_alive(self, slots: Slots) -> NDArray[np.bool_]:
        """bool [n], for these slots."""
        if not self.dead:
            return np.ones(len(slots), np.bool_)
        bits: NDArray[np.bool_] = (self._alive_bits[slots >> 3] >> (slots & 7).astype(np.uint8) & 1).astype(np.bool_)
        return bits

    @cached_property
    def _alive_bits(self) -> NDArray[np.uint8]:
        alive = np.ones(self.segment.count, np.bool_)
        alive[to_rows(self.dead)] = False
        return _bits(alive)

    def _alive(self) -> NDArray[np.bool_]:
        return np.unpackbits(self._alive_bits, count=self.segment.count, bitorder="little").view(np.bool_)

    def _unfiltered(
        self, query: Vector, limit: int, params: SearchParameters, settings: SearchSettings | None
    ) -> Answer:
        if settings is None:
            return Answer(self.segment.nearest(query, limit, self.part.bits))
        hits = scanned([self.part], query, limit, settings)
        if len(hits.rows) < min(limit, self.live):  # a page larger than the lists that were measured for ten hits
            return self._widened(query, limit, params, settings, self._alive())
        return Answer(hits, settings.probes)

    def _widened(
        self,
        query: Vector,
        limit: int,
        params: SearchParameters,
        settings: SearchSettings,
        selected: NDArray[np.bool_],
    ) -> Answer:
        recall = self.recall if params.recall is None else params.recall
        how = Widening(limit, settings, tolerated=int(limit * (1.0 - recall) / 2))
        return widened(self.segment.inverted_lists, self.segment.rescored, query, selected, how)


def _bits(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """As FAISS reads a bitmap: the lowest bit first."""
    return np.packbits(mask, bitorder="little")
