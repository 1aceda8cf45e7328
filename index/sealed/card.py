"""A CUDA card, where FAISS was built for one and there is one: seals find centroids there, searches the stored vectors.

Of the calls of FAISS for cards all are here.
"""

import logging
import threading
from functools import cache
from typing import Any

import faiss as faiss_library
import numpy as np
from numpy.typing import NDArray

from index.types import Vector

faiss: Any = faiss_library  # its type stubs do not know all it has
log = logging.getLogger(__name__)
MOST_FOUND = 2_048
"""A search on a card finds no more."""
BLOCK = 65_536
"""Vectors that are copied at a time."""
TEMPORARY_BYTES = 256 * 2**20
"""Of the card, for the arithmetic; by default FAISS takes several times as much."""
_searching = threading.Lock()
"""FAISS's resources on a card serve one search at a time."""


def has_card() -> bool:
    return hasattr(faiss, "get_num_gpus") and faiss.get_num_gpus() > 0


def on_card(flat: Any) -> Any:
    """A copy of a flat index on all cards; the index itself where there is none, or none takes it."""
    if not has_card():
        return flat
    try:
        return faiss.index_cpu_to_all_gpus(flat)
    except RuntimeError as error:  # no memory left on it, or a driver that does not fit
        log.warning("the card is not used to seal: %s", error)
        return flat


class CardCopy:
    """The stored vectors of a segment in a card's memory, two bytes a dimension; any thread may search them."""

    def __init__(self, stored: NDArray[np.float16]) -> None:
        """`stored`: float16 [n, d]. Raises RuntimeError where the card has no room."""
        self._index = _empty(stored.shape[1])
        for start in range(0, len(stored), BLOCK):
            self._index.add(stored[start : start + BLOCK].astype(np.float32))

    def nearest(self, query: Vector, count: int) -> NDArray[np.int64]:
        """The places of the nearest, best first, by products rounded to float16: int64 [`count`], or of all there are.

        `count` is at most MOST_FOUND. Raises RuntimeError.
        """
        count = min(count, self._index.ntotal)
        if not count:
            return np.empty(0, np.int64)
        with _searching:
            _, found = self._index.search(query[None, :], count)
        places: NDArray[np.int64] = found[0][found[0] >= 0]
        return places


def copied(stored: NDArray[np.float16], name: str) -> CardCopy | None:
    """None where there is no card, or it has no room. `name`: of the segment, for the log."""
    if not has_card():
        log.warning("segment %s is searched on the CPU: FAISS finds no card (is the extra `gpu` installed?)", name)
        return None
    try:
        return CardCopy(stored)
    except RuntimeError as error:
        log.warning("segment %s is searched on the CPU: %s", name, error)
        return None


def _empty(dimension: int) -> Any:
    options = faiss.GpuIndexFlatConfig()
    options.useFloat16 = True
    return faiss.GpuIndexFlatIP(_resources(), dimension, options)


@cache
def _resources() -> Any:
    """Of this process: what its copies share."""
    resources = faiss.StandardGpuResources()
    resources.setTempMemory(TEMPORARY_BYTES)
    return resources
