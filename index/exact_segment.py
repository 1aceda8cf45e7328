"""The exact segment: every vector of a field in one float32 matrix, searched by brute force.

Owns the matrix and what is alive in it. One thread writes, under the collection's lock where this says so; any
number of threads search the published view without a lock. Slots are only ever appended, and liveness is
replaced and never altered, so a view stays what it was.

A larger matrix is first looked over as bytes (`index.byte_codes`), which says when that may have missed something: the
answer is the same, in a fraction of the time (`benchmarks/index/exact_search.py`).

float32 and not the stored float16: NumPy has no fast float16 product. `np.vecdot` and not a matrix product: it gives
a row the same cosine wherever the row lies, so that equal vectors tie and filters change no score, and it leaves the
BLAS thread pool to others.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from index.bitmaps import Rows, to_rows
from index.byte_codes import MULTIPLE, ByteCodes, CodedView, choosing
from index.row_array import RowArray
from index.segment import NO_FLOOR, Hits, best
from index.types import SearchParameters, Vector, Vectors

FIRST_CAPACITY = 256
GATHER_SHARE = 0.2
"""Up to this share of allowed rows they are gathered; beyond it the scan of everything is cheaper."""
CODED_SHARE = 0.02
"""Up to this share a scan of bytes costs more than what it spares."""
GATHER_BLOCK = 2048
CODED = 2_048
"""From so many slots on they are looked over as bytes first."""
SPARE = 192
"""So many more than twice the limit get their exact cosines at first."""
SPARE_ABOVE = 16
"""So many more than the limit, where enough is known already and few will be above that."""
GROWTH = 8
SIFTED_SHARE = 0.1
"""When so many of the allowed rows would need their exact cosines, all get them."""
COMPACT_SHARE = 0.25
COMPACT_SLOTS = 1024

Mask = NDArray[np.bool_]  # bool [n]


@dataclass(frozen=True)
class ExactView:
    """The first `count` slots of the matrix, as they stood when this was published."""

    matrix: Vectors  # float32 [capacity, d]
    rows: Rows  # int64 [capacity]
    alive: Mask  # bool [count]
    count: int
    codes: CodedView | None = None
    """Of the same slots; None where there are few."""

    def search(
        self, query: Vector, limit: int, allowed: BitMap | None, params: SearchParameters, floor: float = NO_FLOOR
    ) -> Hits:
        """Exact whatever `params` ask: nothing is approximated here."""
        if not self.count or limit <= 0:
            return Hits(self.rows[:0], np.empty(0, np.float32))
        chosen = self._alive if allowed is None else self._chosen(allowed)
        if self.codes is not None and chosen.count > CODED_SHARE * self.count:
            sifted = self._sifted(self.codes, query, limit, chosen, floor)
            if sifted is not None:
                return sifted
        slots = np.flatnonzero(chosen.mask)
        if chosen.count <= GATHER_SHARE * self.count:
            return self._nearest_of(slots, query, limit)
        return best(self.rows[slots], np.vecdot(self.matrix[: self.count], query)[slots], limit)

    @cached_property
    def _alive(self) -> "Chosen":
        return Chosen(self.alive)

    def _chosen(self, allowed: BitMap) -> "Chosen":
        rows = self.rows[: self.count]
        wanted = np.zeros(int(rows.max(initial=0)) + 1, dtype=np.bool_)
        allowed_rows = to_rows(allowed)
        wanted[allowed_rows[allowed_rows < len(wanted)]] = True
        return Chosen(wanted[rows] & self.alive)

    def _sifted(self, codes: CodedView, query: Vector, limit: int, chosen: "Chosen", floor: float) -> Hits | None:
        """None where the codes tell too little apart."""
        wanted = 2 * limit + SPARE if floor == NO_FLOOR else limit + SPARE_ABOVE
        while wanted <= SIFTED_SHARE * chosen.count:
            slots, others = codes.nearest(query, wanted, chosen.parameters)
            hits = self._nearest_of(slots, query, limit)
            if others < max(floor, hits.cosines[-1]):
                return hits
            wanted *= GROWTH
        return None

    def _nearest_of(self, slots: NDArray[np.int64], query: Vector, limit: int) -> Hits:
        return best(self.rows[slots], self._gathered(slots, query), limit)

    def _gathered(self, slots: NDArray[np.int64], query: Vector) -> NDArray[np.float32]:
        """In blocks that stay in the processor's cache."""
        cosines = np.empty(len(slots), dtype=np.float32)
        for start in range(0, len(slots), GATHER_BLOCK):
            block = slots[start : start + GATHER_BLOCK]
            cosines[start : start + len(block)] = np.vecdot(self.matrix[block], query)
        return cosines


@dataclass(frozen=True)
class Chosen:
    """Slots that may be found."""

    mask: Mask  # bool [count]

    @cached_property
    def count(self) -> int:
        return int(np.count_nonzero(self.mask))

    @cached_property
    def parameters(self) -> Any:
        return choosing(self.mask)


class ExactSegment:
    """The growing side of a field. `stage` copies vectors in, invisibly; `publish` makes them seen."""

    def __init__(self, dimension: int, capacity: int = FIRST_CAPACITY) -> None:
        self._matrix: Vectors = np.empty((capacity, dimension), dtype=np.float32)
        self._rows: Rows = np.zeros(capacity, dtype=np.int64)
        self._slot_of = RowArray(np.int32(-1))
        self._codes = ByteCodes(dimension)
        self._staged = 0
        self._view = ExactView(self._matrix, self._rows, np.ones(0, dtype=np.bool_), 0)

    @property
    def view(self) -> ExactView:
        return self._view

    @property
    def live(self) -> int:
        return int(np.count_nonzero(self._view.alive))

    @property
    def nbytes(self) -> int:
        """What is resident: the capacity beyond the last slot was never touched."""
        bytes_a_dimension = 5 if self._is_coded(self._staged) else 4
        return self._staged * (bytes_a_dimension * int(self._matrix.shape[1]) + 9) + self._slot_of.nbytes

    def unstage(self) -> None:
        """Forget what was staged and never published."""
        self._staged = self._view.count

    def stage(self, rows: Rows, vectors: Vectors) -> None:
        """Copy vectors behind the published slots. No lock is needed: no view reaches them."""
        end = self._staged + len(rows)
        self._grow(end)
        self._matrix[self._staged : end] = vectors
        self._rows[self._staged : end] = rows
        if self._is_coded(end):
            self._codes.encode(self._matrix, self._staged if self._is_coded(self._staged) else 0, end)
        self._staged = end

    def publish(self, dead: BitMap) -> None:
        """Kill the published slots of these rows and show the staged ones. Under the collection's lock."""
        first = self._view.count
        alive = np.ones(self._staged, dtype=np.bool_)
        alive[:first] = self._view.alive
        self._kill(to_rows(dead), alive)
        self._slot_of.put(self._rows[first : self._staged], np.arange(first, self._staged, dtype=np.int32))
        codes = self._codes.view(self._staged) if self._is_coded(self._staged) else None
        self._view = ExactView(self._matrix, self._rows, alive, self._staged, codes)

    def vectors(self, rows: Rows) -> tuple[Mask, Vectors]:
        """Which rows have a vector, and float32 [n, d] with zeros where none. Under the collection's lock."""
        slots = self._slot_of.take(rows)
        found = slots >= 0
        vectors = np.zeros((len(rows), self._matrix.shape[1]), dtype=np.float32)
        vectors[found] = self._view.matrix[slots[found]]
        return found, vectors

    def needs_compaction(self) -> bool:
        dead = self._view.count - self.live
        return dead > COMPACT_SLOTS and dead > COMPACT_SHARE * self._view.count

    def compacted(self) -> "ExactSegment":
        """A segment without the dead slots; this one and its views stay as they are."""
        slots = np.flatnonzero(self._view.alive)
        compact = ExactSegment(self._matrix.shape[1], max(FIRST_CAPACITY, len(slots)))
        compact.stage(self._view.rows[slots], self._view.matrix[slots])
        compact.publish(BitMap())
        return compact

    def _is_coded(self, slots: int) -> bool:
        return slots >= CODED and self._matrix.shape[1] % MULTIPLE == 0

    def _kill(self, rows: Rows, alive: Mask) -> None:
        slots = self._slot_of.take(rows)
        alive[slots[slots >= 0]] = False
        self._slot_of.put(rows[slots >= 0], np.int32(-1))

    def _grow(self, slots: int) -> None:
        capacity = len(self._rows)
        if slots <= capacity:
            return
        matrix = np.empty((max(slots, 2 * capacity), self._matrix.shape[1]), dtype=np.float32)
        rows = np.zeros(len(matrix), dtype=np.int64)
        matrix[: self._staged] = self._matrix[: self._staged]
        rows[: self._staged] = self._rows[: self._staged]
        self._matrix, self._rows = matrix, rows
