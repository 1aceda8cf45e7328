"""The coarse side of an inverted file: how it turns vectors, and how a query finds the lists whose centroids are near.

Where lists are many, a walk over their centroids takes as long as the scan of what is in them. There each query sifts
the centroids by short codes of them (PQ, scanned from registers), and compares only the best of these.
"""

import math
import mmap
from hashlib import sha256
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import faiss as faiss_library
import numpy as np

from index.faiss_memory import index_over
from index.types import Vectors

faiss: Any = faiss_library  # its type stubs do not know all it has
MANY = 1_024
"""From so many centroids on they are coded."""
SIFTED, LEAST_SIFTED = 6, 256
"""So many times the lists that are wanted, and so many at least, are compared after the sifting. Of the 64 nearest
among 16,384 it then misses 3 in 1,000, the last ones; a graph over them (HNSW) missed none and took four times as long
(`benchmarks/index/coarse.py`)."""
DIMENSIONS_A_CODE = 4
ITERATIONS, POINTS_A_CENTRE = 4, 64
"""Of k-means on the centroids: short, since it runs whenever a segment of a new codec is opened."""
_coded: "WeakValueDictionary[bytes, Any]" = WeakValueDictionary()
"""By the digest of the centroids: the segments of a field share them."""


def rotated(codec: Any, vectors: Vectors) -> Vectors:
    """The vectors as the lists see them: after the codec's rotation, where it has one."""
    turned = np.ascontiguousarray(vectors)
    if isinstance(codec, faiss.IndexPreTransform):
        for number in range(codec.chain.size()):
            turned = codec.chain.at(number).apply(turned)
    return turned


def centroids_of(ivf: Any) -> Any:
    """A flat index of the centroids, which finds the nearest for certain."""
    quantizer = faiss.downcast_index(ivf.quantizer)
    if isinstance(quantizer, faiss.IndexRefine):
        return faiss.downcast_index(quantizer.refine_index)
    return getattr(quantizer, "storage", quantizer)  # of a graph, in codecs that were trained before


def distances_to_centroids(codec: Any, vectors: Vectors) -> Vectors:
    """Of each vector, 1 less its cosine with the nearest centroid: float32 [n]. `vectors`: of unit length."""
    cosines, _ = centroids_of(faiss.downcast_index(faiss.extract_index_ivf(codec))).search(rotated(codec, vectors), 1)
    distances: Vectors = 1.0 - cosines[:, 0]
    return distances


def unrotated_centroids(codec: Any) -> Vectors:
    """The centroids where the vectors are: float32 [lists, d], with the codec's rotation undone."""
    flat = centroids_of(faiss.downcast_index(faiss.extract_index_ivf(codec)))
    centroids: Vectors = flat.reconstruct_n(0, flat.ntotal)
    if isinstance(codec, faiss.IndexPreTransform):
        for number in reversed(range(codec.chain.size())):
            centroids = codec.chain.at(number).reverse_transform(centroids)
    return centroids


def sift_centroids(ivf: Any, file: Path) -> Any:
    """Have queries find the lists of an opened inverted file by codes, where they are many.

    The centroids themselves are from then on read in `file`, of which `ivf` was read, and take no memory of their own.
    Returns the quantizer, which must outlive `ivf`; None where it keeps its own.
    """
    whole = faiss.downcast_index(ivf.quantizer)
    if whole.ntotal < MANY:
        return None
    centroids = whole.reconstruct_n(0, whole.ntotal)
    sifting = faiss.IndexRefine(codes_of(centroids), index_over(_in_file(centroids, file)))
    if ivf.own_fields:
        whole.this.own(True)  # freed with this name, as `ivf` would have
    ivf.quantizer, ivf.own_fields = sifting, False
    return sifting


def how_sifted(quantizer: Any, lists: int) -> Any:
    """The parameters with which a query finds so many lists; None where all centroids are compared."""
    if not isinstance(quantizer, faiss.IndexRefine):
        return None
    compared = min(max(LEAST_SIFTED, SIFTED * lists), quantizer.ntotal)
    return faiss.IndexRefineSearchParameters(k_factor=compared / lists)


def codes_of(centroids: Vectors) -> Any:
    """A FAISS index of their codes, trained on them."""
    digest = sha256(centroids.data).digest()
    known = _coded.get(digest)
    if known is not None:
        return known
    dimension = centroids.shape[1]
    codes = faiss.IndexPQFastScan(
        dimension, dimension // math.gcd(dimension, DIMENSIONS_A_CODE), 4, faiss.METRIC_INNER_PRODUCT
    )
    codes.pq.cp.niter, codes.pq.cp.max_points_per_centroid = ITERATIONS, POINTS_A_CENTRE
    codes.train(centroids)
    codes.add(centroids)
    _coded[digest] = codes
    return codes


def _in_file(centroids: Vectors, file: Path) -> Vectors:
    """The same, mapped. FAISS writes them in one piece, where only its format knows: if not, they stay as they are."""
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
        place = content.find(centroids[0].tobytes())
    if place < 0:
        return centroids
    mapped = np.asarray(np.memmap(file, "<f4", "r", place, centroids.shape))
    return mapped if np.array_equal(mapped, centroids) else centroids
