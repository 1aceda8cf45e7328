"""Exact cosines of stored vectors with a query. Owns the buffers in which they are gathered, one set a thread.

Arrays of this size that are made anew for each query come from the kernel, page by page: that took several times as
long as the arithmetic (`benchmarks/index/overhead.py`).
"""

import threading

import numpy as np
from numpy.typing import NDArray

from index.stored_vectors import widen
from index.types import Vector

BLOCK = 256
"""Vectors at a time: as many as stay in the processor's cache."""


class _Buffers(threading.local):
    """For vectors of one dimension at a time."""

    stored: NDArray[np.float16] = np.empty((BLOCK, 0), np.float16)
    vectors: NDArray[np.float32] = np.empty((BLOCK, 0), np.float32)

    def fit(self, dimension: int) -> None:
        if self.stored.shape[1] != dimension:
            self.stored = np.empty((BLOCK, dimension), np.float16)
            self.vectors = np.empty((BLOCK, dimension), np.float32)


_buffers = _Buffers()


def cosines_of(stored: NDArray[np.float16], slots: NDArray[np.int64], query: Vector) -> NDArray[np.float32]:
    """float32 [n]: of the vectors in these slots, brought to unit length. `stored`: float16 [m, d]; slots exist."""
    _buffers.fit(stored.shape[1])
    cosines = np.empty(len(slots), np.float32)
    for start in range(0, len(slots), BLOCK):
        block = slots[start : start + BLOCK]
        gathered, vectors = _buffers.stored[: len(block)], _buffers.vectors[: len(block)]
        np.take(stored, block, axis=0, out=gathered, mode="clip")  # any other mode copies once more
        widen(gathered, vectors)
        vectors /= np.sqrt(np.vecdot(vectors, vectors))[:, None]  # first, as exact segments do: the same bits
        cosines[start : start + len(block)] = np.vecdot(vectors, query)
    return cosines
