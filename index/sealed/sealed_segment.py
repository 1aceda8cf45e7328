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

from index.bitmaps import Rows, from_rows, to_rows
from index.errors import CorruptError
from index.faiss_memory import index_over
from index.index_info import CodecKind
from index.sealed.card import copied
from index.sealed.coarse import sift_centroids, unrotated_centroids
from index.sealed.codec import FAST_SCAN
from index.sealed.inverted_lists import InvertedLists, scanning
from index.sealed.rescoring import cosines_of, nearest_stored
from index.sealed.search_settings import SearchSettings
from index.sealed.segment_files import SegmentFiles
from index.segment import Hits, best
from index.stored_vectors import STORED, unit_rows
from index.types import Vector, Vectors

faiss: Any = faiss_library  # its type stubs do not know its keyword arguments
Slots = NDArray[np.int64]  # int64 [n]
LOOKED_UP_SHARE = 0.02
"""Up to this share of allowed rows their slots are looked up one by one; beyond it all slots are looked at."""
SPARE = 8
"""So many more than the limit get their exact cosines: stored vectors are of unit length but for their rounding."""
ONE_QUERY = 11
"""Of FAISS's ways to walk through the lists of a fast-scan codec, list by list for each query: it would choose one
that is made for many queries. What it finds is the same."""
ROUNDING = 2.0**-10
"""More than rounding to float16 changes the product of two unit vectors."""
GROWTH = 8
MANY = 4
"""More than so many times what is wanted are sifted by how they are stored before they get their exact cosines."""


@dataclass(frozen=True)
class Sifting:
    """How a segment is sifted. Any number of searches may share one."""

    wanted: int
    """So many slots."""
    parameters: Any
    """FAISS's, which take longer to make than to use."""


class SealedSegment:
    """Opened and mapped; safe to search from any number of threads."""

    def __init__(self, folder: Path, on_card: bool = False) -> None:
        """`on_card`: its vectors are copied there, too, where there is one.

        Raises CorruptError when a file is missing or has not the size that its description says.
        """
        self.folder = folder
        files = SegmentFiles(folder)
        self.description = files.description()
        count, dimension = self.description.count, self.description.dimension
        span = self.description.last_row - self.description.first_row + 1
        self._are_lists_copied = self.kind in FAST_SCAN  # FAISS does, and mapped they would be in memory twice
        how_read = 0 if self._are_lists_copied else faiss.IO_FLAG_MMAP_IFC
        try:
            self._index: Any = faiss.read_index(str(files.lists), how_read)
            self._ivf: Any = faiss.downcast_index(faiss.extract_index_ivf(self._index))
            if self._are_lists_copied:
                self._ivf.implem = ONE_QUERY
            self._coded_quantizer = sift_centroids(self._ivf, files.lists)
            self._lists_bytes = files.lists.stat().st_size
            self.inverted_lists = InvertedLists(self._index)
            self.rows: NDArray[np.uint32] = _mapped(files.rows, np.dtype("<u4"), (count,))
            self._slots: NDArray[np.int32] = _mapped(files.slots, np.dtype("<i4"), (span,))
            self._stored: NDArray[np.float16] = _mapped(files.vectors, STORED, (count, dimension))
        except (OSError, RuntimeError, ValueError) as error:
            raise CorruptError(f"segment {folder.name} cannot be opened: {error}") from error
        if self._index.ntotal != count:
            raise CorruptError(f"segment {folder.name} holds {self._index.ntotal} vectors; {count} were written")
        self._over_stored = index_over(self._stored)
        self.copy = copied(self._stored, unrotated_centroids(self._index), folder.name) if on_card else None
        """Of its vectors on a card."""
        self._refined: Any = faiss.IndexRefine(self._index, self._over_stored)

    @property
    def count(self) -> int:
        return self.description.count

    @property
    def lists(self) -> int:
        return int(self._ivf.nlist)

    @property
    def kind(self) -> CodecKind:
        return self.description.kind

    @property
    def nbytes(self) -> int:
        """In anonymous memory: FAISS copies the lists of the fast-scan codecs there, of the others the centroids."""
        held = self._lists_bytes if self._are_lists_copied else self._centroid_bytes
        return held - (0 if self._coded_quantizer is None else self._centroid_bytes)

    @property
    def mapped_bytes(self) -> int:
        arrays = self.rows.nbytes + self._slots.nbytes + self._stored.nbytes
        if not self._are_lists_copied:
            return arrays + self._lists_bytes
        return arrays + (0 if self._coded_quantizer is None else self._centroid_bytes)

    @property
    def _centroid_bytes(self) -> int:
        return self.lists * 4 * self.description.dimension

    def find(self, rows: Rows) -> tuple[NDArray[np.bool_], Slots]:
        """Which of `rows` were sealed here, and their slots in the order of `rows`."""
        places = rows - self.description.first_row
        within = (places >= 0) & (places < len(self._slots))
        slots = np.zeros(len(rows), np.int64)
        slots[within] = self._slots[places[within]]
        found = slots > 0
        return found, slots[found] - 1

    def slots_of(self, rows: Rows) -> Slots:
        """The slots of those rows that were sealed here."""
        return self.find(rows)[1]

    def selected(self, allowed: BitMap) -> NDArray[np.bool_]:
        """Which slots hold an allowed row: bool [count]."""
        rows = to_rows(allowed)
        if len(rows) < LOOKED_UP_SHARE * self.count:
            chosen = np.zeros(self.count, np.bool_)
            chosen[self.slots_of(rows)] = True
            return chosen
        is_allowed = np.zeros(self.description.last_row + 1, np.bool_)
        is_allowed[rows[rows <= self.description.last_row]] = True
        return is_allowed[self.rows]

    @cached_property
    def all_rows(self) -> BitMap:
        """Every row, dead or alive. Never altered."""
        return from_rows(np.flatnonzero(self._slots) + self.description.first_row)

    def vectors(self, slots: Slots) -> Vectors:
        """float32 [n, d] of unit length, the values that exact search sees."""
        return unit_rows(self._stored[slots])

    def sifting(self, limit: int, settings: SearchSettings, selected: NDArray[np.uint8] | None) -> Sifting:
        """How the `limit` nearest are sifted. `selected` is a bit for each slot; None: all."""
        probes = min(settings.probes, self.lists)
        lists = scanning(probes, selected, self.inverted_lists.sifting(probes))
        wanted = min(limit + SPARE, self.count)
        factor = max(1.0, min(settings.rescored(limit), self.count) / wanted)
        return Sifting(wanted, faiss.IndexRefineSearchParameters(k_factor=factor, base_index_params=lists))

    def sifted(self, query: Vector, how: Sifting) -> Slots:
        """The slots of the nearest and of some more: candidates by their codes, sifted by what is stored.

        All in one call of FAISS, during which other Python threads run.
        """
        faiss.omp_set_num_threads(1)  # of this thread: queries run beside each other, none in pieces
        _, slots = self._refined.search(query[None, :], how.wanted, params=how.parameters)
        found: Slots = slots[0][slots[0] >= 0]
        return found

    def nearest(self, query: Vector, limit: int, selected: NDArray[np.uint8] | None) -> Hits:
        """The nearest of all selected slots, exactly. Looks at all of them."""
        selector = None if selected is None else faiss.IDSelectorBitmap(selected)
        parameters = None if selector is None else faiss.SearchParameters(sel=selector)
        wanted = 2 * limit + SPARE  # a second walk costs as much as the first
        while True:
            faiss.omp_set_num_threads(1)
            products, slots = self._over_stored.search(query[None, :], min(wanted, self.count), params=parameters)
            found: Slots = slots[0][slots[0] >= 0]
            hits = self.rescored(found, query, limit)
            if len(found) < wanted or products[0][-1] + ROUNDING < hits.cosines[-1]:
                return hits
            wanted *= GROWTH

    def rescored(self, slots: Slots, query: Vector, limit: int) -> Hits:
        """The exact cosines of some slots, best first."""
        slots = np.sort(slots)  # ascending: pages are read in order
        wanted = 2 * limit + SPARE
        if len(slots) > MANY * wanted:
            few, least = nearest_stored(self._stored, slots, query, wanted)
            hits = self._exact(few, query, limit)
            if least + ROUNDING < hits.cosines[-1]:
                return hits
        return self._exact(slots, query, limit)

    def _exact(self, slots: Slots, query: Vector, limit: int) -> Hits:
        return best(self.rows[slots].astype(np.int64), cosines_of(self._stored, slots, query), limit)


def _mapped(path: Path, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Any:
    """A plain array over the file: `memmap` itself is slow to index."""
    size = path.stat().st_size
    if size != dtype.itemsize * int(np.prod(shape)):
        raise ValueError(f"{path.name} has {size} bytes")
    return np.asarray(np.memmap(path, dtype, "r", shape=shape)) if size else np.empty(shape, dtype)
