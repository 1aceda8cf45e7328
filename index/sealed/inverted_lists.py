"""The lists of a sealed segment, chosen by the caller: by a filter that knows which lists hold what it allows, or once
for several segments.

Owns the calls of FAISS with lists that the caller chose. Knows no stored vectors and no rows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import Any

import faiss as faiss_library
import numpy as np
from numpy.typing import NDArray

from index.sealed.coarse import centroids_of, how_sifted, rotated
from index.types import Vector, Vectors

faiss: Any = faiss_library  # its type stubs do not know its keyword arguments
Slots = NDArray[np.int64]  # int64 [n]
Bits = NDArray[np.uint8]
"""A bit for each slot, the lowest first."""
ALIKE = 64
"""So many different searches are known at a time: each has parameters of its own."""


@dataclass(frozen=True)
class ListOrder:
    """Lists by their nearness to a query."""

    turned: Vectors
    """The query as the lists see it, float32 [1, d]."""
    numbers: NDArray[np.int64]  # int64 [lists]
    products: NDArray[np.float32]
    """Of the query with their centroids, float32 [lists]."""

    def taken(self, chosen: NDArray[np.bool_] | slice) -> "ListOrder":
        """Some of them, in the same order."""
        return ListOrder(self.turned, self.numbers[chosen], self.products[chosen])


def scanning(probes: int, bits: Bits | None, sifting: Any = None) -> Any:
    """FAISS's parameters for any number of scans of so many lists, and of the selected slots alone (None: all).
    `sifting`: how FAISS finds the lists, where the caller does not choose them."""
    selector = None if bits is None else faiss.IDSelectorBitmap(bits)
    return faiss.SearchParametersIVF(nprobe=probes, sel=selector, quantizer_params=sifting)


@dataclass(frozen=True)
class Codes:
    """What a scan found, best first."""

    slots: Slots
    scores: NDArray[np.float32]
    """By their codes: estimates of the cosines, which compare with those of other segments of the codec."""


class InvertedLists:
    """Safe to search from any number of threads."""

    def __init__(self, index: Any) -> None:
        """`index`: an opened FAISS index, an inverted file behind whatever rotation."""
        self._index = index
        self._ivf: Any = faiss.extract_index_ivf(index)
        self.quantizer: Any = faiss.downcast_index(self._ivf.quantizer)
        self.sifting: Callable[[int], Any] = lru_cache(ALIKE)(partial(how_sifted, self.quantizer))
        """How so many lists are found: FAISS's parameters, which take longer to make than to use."""

    def __len__(self) -> int:
        return int(self._ivf.nlist)

    @cached_property
    def offsets(self) -> Slots:
        """int64 [lists + 1]: list n holds the slots from offsets[n] up to offsets[n + 1]."""
        sizes = [self._ivf.invlists.list_size(number) for number in range(len(self))]
        return np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)])

    def holding(self, selected: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which lists hold a selected slot: bool [lists]."""
        counts = np.diff(np.searchsorted(np.flatnonzero(selected), self.offsets))
        return np.asarray(counts > 0)

    def nearest(self, query: Vector, count: int) -> ListOrder:
        """So many lists, the nearest first: for certain where all are asked for, or no codes sift them."""
        turned, count = rotated(self._index, query[None, :]), min(count, len(self))
        if count == len(self):
            products, numbers = centroids_of(self._ivf).search(turned, count)
        else:
            products, numbers = self.quantizer.search(turned, count, params=self.sifting(count))
        return ListOrder(turned, numbers[0], products[0])

    def scan(self, order: ListOrder, wanted: int, parameters: Any) -> Codes:
        """About the `wanted` nearest slots, by their codes, in exactly these lists; `parameters`: `scanning` as many of
        them."""
        scores, slots = np.empty((1, wanted), np.float32), np.empty((1, wanted), np.int64)
        parts = (order.turned, np.ascontiguousarray(order.numbers), np.ascontiguousarray(order.products), scores, slots)
        query, numbers, products, to_scores, to_slots = map(faiss.swig_ptr, parts)
        # `search_preassigned` itself takes no parameters in Python; the function that it wraps does.
        self._ivf.search_preassigned_c(1, query, wanted, numbers, products, to_scores, to_slots, False, parameters)
        found = slots[0] >= 0
        return Codes(slots[0][found], scores[0][found])
