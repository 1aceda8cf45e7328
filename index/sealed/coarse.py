"""The coarse side of an inverted file: how it turns vectors, and the centroids of its lists."""

from typing import Any

import faiss as faiss_library
import numpy as np

from index.types import Vectors

faiss: Any = faiss_library  # its type stubs do not know all it has
HALVED = 1_024
"""From so many centroids on a walk over them takes as long as it takes to read them."""
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
    """A flat index of the centroids, which finds the nearest for certain, as a graph over them (HNSW) does not."""
    quantizer = faiss.downcast_index(ivf.quantizer)
    return getattr(quantizer, "storage", quantizer)


def halve(ivf: Any) -> int:
    """Keep the centroids of an opened inverted file as float16, where they are many and no graph leads to them.
    The bytes that this spares.

    What is searched changes by no more than the rounding: vectors were put into lists, and coded, before.
    """
    whole = faiss.downcast_index(ivf.quantizer)
    if is_graph(whole) or whole.ntotal < HALVED:
        return 0
    halves = faiss.IndexScalarQuantizer(whole.d, faiss.ScalarQuantizer.QT_fp16, whole.metric_type)
    halves.add(whole.reconstruct_n(0, whole.ntotal))
    whole.this.own(ivf.own_fields)  # freed with this name, as `ivf` would have
    ivf.quantizer = halves
    halves.this.disown()
    ivf.own_fields = True
    return int(2 * halves.d * halves.ntotal)


def is_graph(quantizer: Any) -> bool:
    return hasattr(quantizer, "storage")


def walk(quantizer: Any, probes: int) -> Any:
    """The parameters with which a query finds so many lists by a walk through a graph; None where there is none."""
    return faiss.SearchParametersHNSW(efSearch=max(LEAST_WALK, WALK * probes)) if is_graph(quantizer) else None
