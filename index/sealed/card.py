"""A CUDA card, where FAISS was built for one and there is one: seals find centroids there, searches the stored vectors.

Of the calls of FAISS for cards all are here.
"""

import logging
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import faiss as faiss_library
import numpy as np
from numpy.typing import NDArray

from index.types import Vector, Vectors

faiss: Any = faiss_library  # its type stubs do not know all it has
log = logging.getLogger(__name__)
MOST_FOUND = 2_048
"""A search on a card finds no more, and looks into no more lists."""
BLOCK = 8_192
"""Vectors that are copied at a time: searches wait no longer than for one block."""
TEMPORARY_BYTES = 256 * 2**20
"""Of the card, for the arithmetic; by default FAISS takes several times as much."""
_calling = threading.RLock()
"""FAISS's resources on a card serve one call at a time: a search, a block that is copied, or the end of a copy.

Reentrant, since Python may end a copy wherever it collects garbage.
"""


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


@dataclass(eq=False)
class _Wanted:
    """A search, and what was found once a call took it along."""

    query: Vector
    count: int
    places: NDArray[np.int64] | None = None


class CardCopy:
    """The stored vectors of a segment in a card's memory, in lists around its centroids; any thread may search them.

    Two bytes a dimension, and eight for a number. A card has time for many queries where it has it for one: those that
    wait for it, and look into as many lists, are searched in one call.
    """

    def __init__(self, stored: NDArray[np.float16], centroids: Vectors) -> None:
        """`stored`: float16 [n, d]; `centroids`: float32 [lists, d]. Raises RuntimeError where the card has no room."""
        with _calling:
            self._index = _empty(centroids)
        for start in range(0, len(stored), BLOCK):
            block = stored[start : start + BLOCK].astype(np.float32)
            with _calling:
                self._index.add(block)
        self._waiting: dict[int, deque[_Wanted]] = {}
        """By the lists that are looked into; at most one a thread that searches."""

    def __del__(self) -> None:
        with _calling:
            self._index = None

    def nearest(self, query: Vector, count: int, probes: int) -> NDArray[np.int64]:
        """The places of the nearest in the `probes` nearest lists, best first, by products rounded to float16.

        int64 [`count`], or fewer where the lists hold no more. Both are at most MOST_FOUND. Raises RuntimeError.
        """
        count = min(count, self._index.ntotal)
        if not count:
            return np.empty(0, np.int64)
        wanted, waiting = _Wanted(query, count), self._waiting.setdefault(probes, deque())
        waiting.append(wanted)
        with _calling:
            if wanted.places is None:  # no call before took it along, or that call failed
                others = [waiting.popleft() for _ in range(len(waiting))]
                self._search([wanted, *(other for other in others if other is not wanted)], probes)
        assert wanted.places is not None
        return wanted.places

    def _search(self, together: Sequence[_Wanted], probes: int) -> None:
        queries: Vectors = np.stack([wanted.query for wanted in together])
        most = max(wanted.count for wanted in together)
        _, found = self._index.search(queries, most, params=faiss.SearchParametersIVF(nprobe=probes))
        for wanted, places in zip(together, found, strict=True):
            wanted.places = places[: wanted.count][places[: wanted.count] >= 0]


def copied(stored: NDArray[np.float16], centroids: Vectors, name: str) -> CardCopy | None:
    """None where there is no card, or it has no room. `name`: of the segment, for the log."""
    if not has_card():
        log.warning("segment %s is searched on the CPU: FAISS finds no card (is the extra `gpu` installed?)", name)
        return None
    try:
        return CardCopy(stored, centroids)
    except RuntimeError as error:
        log.warning("segment %s is searched on the CPU: %s", name, error)
        return None


def _empty(centroids: Vectors) -> Any:
    count, dimension = centroids.shape
    quantizer = faiss.IndexFlatIP(dimension)
    quantizer.add(centroids)
    half, product = faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    lists = faiss.IndexIVFScalarQuantizer(quantizer, dimension, count, half, product, False)
    lists.is_trained = True  # the centroids are given, and half precision has nothing to learn
    return faiss.index_cpu_to_gpu(_resources(), 0, lists)


@cache
def _resources() -> Any:
    """Of this process: what its copies share."""
    resources = faiss.StandardGpuResources()
    resources.setTempMemory(TEMPORARY_BYTES)
    return resources
