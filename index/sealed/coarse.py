"""The coarse side of an inverted file: how it turns vectors, and the centroids of its lists."""

from typing import Any

import faiss as faiss_library
import numpy as np

from index.types import Vectors

faiss: Any = faiss_library  # its type stubs do not know all it has
WALK, LEAST_WALK = 8, 128
"""A walk keeps so many times the centroids that are wanted, and so many at least. With FAISS's own measure, one time
and 16, a tenth of the neighbours among 16,384 lists were missed, however many lists were looked into
(`benchmarks/index/ten_million.py`)."""


def rotated(codec: Any, vectors: Vectors) -> Vectors:
    """The vectors as the lists see them: after the codec's rotation, where it has one."""
    turned = np.ascontiguousarray(vectors)
    if isinstance(codec, faiss.IndexPreTransform):
        for number in range(codec.chain.size()):
            turned = codec.chain.at(number).apply(turned)
    return turned


def centroids_of(ivf: Any) -> Any:
    """A flat index of the centroids, which finds the nearest for certain.

    A graph over many centroids (HNSW) finds some of the nearest for one query. For the one list of each vector it is
    wrong too often, and for many vectors at a time no faster.
    """
    quantizer = faiss.downcast_index(ivf.quantizer)
    return getattr(quantizer, "storage", quantizer)


def is_graph(ivf: Any) -> bool:
    """Whether queries find their lists by a walk through a graph."""
    return hasattr(faiss.downcast_index(ivf.quantizer), "storage")


def walk(probes: int) -> Any:
    """The parameters of that walk for so many lists."""
    return faiss.SearchParametersHNSW(efSearch=max(LEAST_WALK, WALK * probes))
