"""The exact segment: every vector of a field in one float32 matrix, searched by brute force.

Owns the matrix and what is alive in it. One thread writes, under the collection's lock where this says so; any
number of threads search the published view without a lock. Slots are only ever appended, and liveness is
replaced and never altered, so a view stays what it was.

float32 and not the stored float16: NumPy has no fast float16 product, and it keeps FAISS out of small servers.
`np.vecdot` and not a matrix product: it gives a row the same cosine wherever the row lies, so that equal vectors
tie and filters change no score, and it leaves the BLAS thread pool to others. With both cores idle that pool is
faster: `benchmarks/index/exact_search.py` prints the two side by side.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from index.bitmaps import Rows, to_rows
from index.row_array import RowArray
from index.segment import Hits, best
from index.types import SearchParameters, Vector, Vectors

FIRST_CAPACITY = 256
GATHER_SHARE = 0.2
"""Up to this share of allowed rows they are gathered; beyond it the scan of everything is cheaper."""
GATHER_BLOCK = 2048
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

    def search(self, query: Vector, limit: int, allowed: BitMap | None, params: SearchParameters) -> Hits:
        """Exact whatever `params` ask: nothing is approximated here."""
        if not self.count:
            return Hits(self.rows[:0], np.empty(0, np.float32))
        slots = self._slots(allowed)
        if len(slots) > GATHER_SHARE * self.count:
            cosines = np.vecdot(self.matrix[: self.count], query)[slots]
        else:
            cosines = self._gathered(slots, query)
        return best(self.rows[slots], cosines, limit)

    def _slots(self, allowed: BitMap | None) -> NDArray[np.intp]:
        if allowed is None:
            return np.flatnonzero(self.alive)
        rows = self.rows[: self.count]
        wanted = np.zeros(int(rows.max(initial=0)) + 1, dtype=np.bool_)
        allowed_rows = to_rows(allowed)
        wanted[allowed_rows[allowed_rows < len(wanted)]] = True
        return np.flatnonzero(wanted[rows] & self.alive)

    def _gathered(self, slots: NDArray[np.intp], query: Vector) -> NDArray[np.float32]:
        """In blocks that stay in the processor's cache."""
        cosines = np.empty(len(slots), dtype=np.float32)
        for start in range(0, len(slots), GATHER_BLOCK):
            block = slots[start : start + GATHER_BLOCK]
            cosines[start : start + len(block)] = np.vecdot(self.matrix[block], query)
        return cosines


class ExactSegment:
    """The growing side of a field. `stage` copies vectors in, invisibly; `publish` makes them seen."""

    def __init__(self, dimension: int, capacity: int = FIRST_CAPACITY) -> None:
        self._matrix: Vectors = np.empty((capacity, dimension), dtype=np.float32)
        self._rows: Rows = np.zeros(capacity, dtype=np.int64)
        self._slot_of = RowArray(np.int32(-1))
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
        return self._staged * (4 * int(self._matrix.shape[1]) + 9) + self._slot_of.nbytes

    def unstage(self) -> None:
        """Forget what was staged and never published."""
        self._staged = self._view.count

    def stage(self, rows: Rows, vectors: Vectors) -> None:
        """Copy vectors behind the published slots. No lock is needed: no view reaches them."""
        end = self._staged + len(rows)
        self._grow(end)
        self._matrix[self._staged : end] = vectors
        self._rows[self._staged : end] = rows
        self._staged = end

    def publish(self, dead: BitMap) -> None:
        """Kill the published slots of these rows and show the staged ones. Under the collection's lock."""
        first = self._view.count
        alive = np.ones(self._staged, dtype=np.bool_)
        alive[:first] = self._view.alive
        self._kill(to_rows(dead), alive)
        self._slot_of.put(self._rows[first : self._staged], np.arange(first, self._staged, dtype=np.int32))
        self._view = ExactView(self._matrix, self._rows, alive, self._staged)

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
