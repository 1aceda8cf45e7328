"""Exact cosines of stored vectors with a query, and a sifting of many by how they are stored. Owns the buffers in
which they are gathered, one set a thread.

Arrays of this size that are made anew for each query come from the kernel, page by page: that took several times as
long as the arithmetic (`benchmarks/index/overhead.py`).
"""

import threading
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from index.faiss_memory import index_over
from index.stored_vectors import widen
from index.types import Vector

BLOCK = 256
"""Vectors at a time: as many as stay in the processor's cache."""


class _Buffers(threading.local):
    """For vectors of one dimension at a time."""

    stored: NDArray[np.float16] = np.empty((BLOCK, 0), np.float16)
    vectors: NDArray[np.float32] = np.empty((BLOCK, 0), np.float32)
    over_stored: Any = None
    """A FAISS index of `stored`."""

    def fit(self, dimension: int) -> None:
        if self.stored.shape[1] != dimension:
            self.stored = np.empty((BLOCK, dimension), np.float16)
            self.vectors = np.empty((BLOCK, dimension), np.float32)
            self.over_stored = index_over(self.stored)

    def gather(self, stored: NDArray[np.float16], slots: NDArray[np.int64]) -> NDArray[np.float16]:
        """At most a block of them."""
        gathered = self.stored[: len(slots)]
        np.take(stored, slots, axis=0, out=gathered, mode="clip")  # any other mode copies once more
        return gathered


_buffers = _Buffers()


def nearest_stored(
    stored: NDArray[np.float16], slots: NDArray[np.int64], query: Vector, count: int
) -> tuple[NDArray[np.int64], float]:
    """The `count` slots with the largest products as they are stored (more where some are equal), in ascending order,
    and what no other one's exceeds. There are more slots than that.

    FAISS compares them as float16, without writing them out as float32.
    """
    _buffers.fit(stored.shape[1])
    index, kept, products = _buffers.over_stored, [], []
    faiss.omp_set_num_threads(1)  # of this thread: queries run beside each other, none in pieces
    for start in range(0, len(slots), BLOCK):
        block = slots[start : start + BLOCK]
        _buffers.gather(stored, block)
        index.ntotal = len(block)
        found, places = index.search(query[None, :], min(count, len(block)))
        kept.append(block[places[0]])
        products.append(found[0])
    chosen, values = np.concatenate(kept), np.concatenate(products)
    least = float(np.partition(values, len(values) - count)[len(values) - count])
    return np.sort(chosen[values >= least]), least


def cosines_of(stored: NDArray[np.float16], slots: NDArray[np.int64], query: Vector) -> NDArray[np.float32]:
    """float32 [n]: of the vectors in these slots, brought to unit length. `stored`: float16 [m, d]; slots exist."""
    _buffers.fit(stored.shape[1])
    cosines = np.empty(len(slots), np.float32)
    for start in range(0, len(slots), BLOCK):
        block = slots[start : start + BLOCK]
        vectors = _buffers.vectors[: len(block)]
        widen(_buffers.gather(stored, block), vectors)
        vectors /= np.sqrt(np.vecdot(vectors, vectors))[:, None]  # first, as exact segments do: the same bits
        cosines[start : start + len(block)] = np.vecdot(vectors, query)
    return cosines
