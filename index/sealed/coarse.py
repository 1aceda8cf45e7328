"""The coarse side of an inverted file: how it turns vectors, and the centroids of its lists."""

from typing import Any

import faiss as faiss_library
import numpy as np

from index.types import Vectors

faiss: Any = faiss_library  # its type stubs do not know all it has


def rotated(codec: Any, vectors: Vectors) -> Vectors:
    """The vectors as the lists see them: after the codec's rotation, where it has one."""
    turned = np.ascontiguousarray(vectors)
    if isinstance(codec, faiss.IndexPreTransform):
        for number in range(codec.chain.size()):
            turned = codec.chain.at(number).apply(turned)
    return turned


def centroids_of(ivf: Any) -> Any:
    """A flat index of the centroids, which finds the nearest for certain.

    A graph over many centroids (HNSW) is for queries, which look into several lists. For the one list of a vector it is
    often wrong: of ten million vectors, one in twelve was in a list where no query near it looked. For many vectors at
    a time it is no faster either.
    """
    quantizer = faiss.downcast_index(ivf.quantizer)
    return getattr(quantizer, "storage", quantizer)
