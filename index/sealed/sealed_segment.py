"""A sealed segment as searches see it: FAISS finds candidates, the stored vectors decide.

Owns the mapped files. Nothing in it changes; which of its rows are dead comes with each view. Parameters travel
with each call, so that two searches never see each other's.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import faiss as faiss_library
import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from index.bitmaps import Rows, to_rows
from index.errors import CorruptError
from index.sealed.search_settings import SearchSettings
from index.sealed.segment_files import SegmentFiles
from index.sealed.segment_writer import rotated
from index.segment import Hits, best
from index.stored_vectors import STORED
from index.types import Vector, Vectors

faiss: Any = faiss_library  # its type stubs do not know its keyword arguments
Slots = NDArray[np.int64]  # int64 [n]
EXACT_ROWS = 4_096
EXACT_SHARE = 0.01
"""So few allowed rows are searched one by one: faster than lists of which almost nothing is allowed, and exact."""
WIDEST = 8.0
"""A rare filter scans at most so many times more lists."""


class SealedSegment:
    """Opened and mapped; safe to search from any number of threads."""

    def __init__(self, folder: Path) -> None:
        """Raises CorruptError when a file is missing or has not the size that its description says."""
        files = SegmentFiles(folder)
        self.description = files.description()
        count, dimension = self.description.count, self.description.dimension
        try:
            self._index: Any = faiss.read_index(str(files.lists), faiss.IO_FLAG_MMAP_IFC)
            self._ivf: Any = faiss.extract_index_ivf(self._index)
            self.rows: Rows = _mapped(files.rows, np.dtype("<i8"), (count,))
            self._by_row: NDArray[np.int32] = _mapped(files.by_row, np.dtype("<i4"), (count,))
            self._stored: NDArray[np.float16] = _mapped(files.vectors, STORED, (count, dimension))
        except (OSError, RuntimeError, ValueError) as error:
            raise CorruptError(f"segment {folder.name} cannot be opened: {error}") from error
        if self._index.ntotal != count:
            raise CorruptError(f"segment {folder.name} holds {self._index.ntotal} vectors; {count} were written")

    @property
    def count(self) -> int:
        return self.description.count

    @property
    def lists(self) -> int:
        return int(self._ivf.nlist)

    @cached_property
    def _sorted_rows(self) -> Rows:
        rows: Rows = self.rows[self._by_row]
        return rows

    def slots_of(self, rows: Rows) -> Slots:
        """The slots of those rows that are here; rows elsewhere are left out."""
        places = np.searchsorted(self._sorted_rows, rows)
        places[places == self.count] = 0
        if not self.count:
            return np.empty(0, np.int64)
        slots: Slots = self._by_row[places[self._sorted_rows[places] == rows]].astype(np.int64)
        return slots

    def vectors(self, slots: Slots) -> Vectors:
        """float32 [n, d] of unit length, the values that exact search sees."""
        vectors = self._stored[slots].astype(np.float32)
        vectors /= np.sqrt(np.vecdot(vectors, vectors))[:, None]
        return vectors

    def scan(self, query: Vector, wanted: int, probes: int, selected: NDArray[np.uint8] | None) -> Slots:
        """About the `wanted` nearest slots by their codes; `selected` is a bit for each slot."""
        selector = None if selected is None else faiss.IDSelectorBitmap(selected)
        parameters = faiss.SearchParametersIVF(nprobe=min(probes, self.lists), sel=selector)
        turned = rotated(self._index, query[None, :])
        _, slots = self._ivf.search(turned, min(wanted, self.count), params=parameters)
        found: Slots = slots[0][slots[0] >= 0]
        return found

    def rescored(self, slots: Slots, query: Vector, limit: int) -> Hits:
        """The exact cosines of some slots, best first."""
        slots = np.sort(slots)  # ascending: pages are read in order
        return best(np.asarray(self.rows[slots]), np.vecdot(self.vectors(slots), query), limit)


@dataclass(frozen=True)
class SealedView:
    """A segment with the rows that were dead at one sequence number."""

    segment: SealedSegment
    dead: BitMap
    """Slots."""

    @cached_property
    def _alive(self) -> NDArray[np.bool_]:
        alive = np.ones(self.segment.count, np.bool_)
        alive[to_rows(self.dead)] = False
        return alive

    @cached_property
    def _alive_bits(self) -> NDArray[np.uint8]:
        return np.packbits(self._alive, bitorder="little")

    def search(self, query: Vector, limit: int, allowed: BitMap | None, settings: SearchSettings | None) -> Hits:
        """The nearest live rows among `allowed`; exact where `settings` is None."""
        if limit <= 0 or not self.segment.count:
            return Hits(np.empty(0, np.int64), np.empty(0, np.float32))
        if allowed is None:
            return self._unfiltered(query, limit, settings)
        slots = self.segment.slots_of(to_rows(allowed))
        slots = slots[self._alive[slots]]
        if settings is None or len(slots) <= max(EXACT_ROWS, EXACT_SHARE * self.segment.count):
            return self._exactly(slots, query, limit)
        selected = np.zeros(self.segment.count, np.bool_)
        selected[slots] = True
        wider = min(WIDEST, self.segment.count / len(slots)) ** 0.5
        probes = round(settings.probes * wider)
        found = self.segment.scan(query, limit * settings.candidates, probes, np.packbits(selected, bitorder="little"))
        return self.segment.rescored(found, query, limit)

    def _unfiltered(self, query: Vector, limit: int, settings: SearchSettings | None) -> Hits:
        if settings is None:
            return self._exactly(np.flatnonzero(self._alive), query, limit)
        selected = self._alive_bits if self.dead else None
        found = self.segment.scan(query, limit * settings.candidates, settings.probes, selected)
        return self.segment.rescored(found, query, limit)

    def _exactly(self, slots: Slots, query: Vector, limit: int) -> Hits:
        """In blocks, so that the memory does not grow with the segment."""
        parts = [
            self.segment.rescored(slots[n : n + EXACT_ROWS], query, limit) for n in range(0, len(slots), EXACT_ROWS)
        ]
        rows = np.concatenate([np.empty(0, np.int64), *(part.rows for part in parts)])
        cosines = np.concatenate([np.empty(0, np.float32), *(part.cosines for part in parts)])
        return best(rows, cosines, limit)


def _mapped(path: Path, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Any:
    if path.stat().st_size != dtype.itemsize * int(np.prod(shape)):
        raise ValueError(f"{path.name} has {path.stat().st_size} bytes")
    return np.memmap(path, dtype, "r", shape=shape) if shape[0] else np.empty(shape, dtype)
