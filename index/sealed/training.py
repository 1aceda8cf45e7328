"""Trains a codec on a sample of vectors: centroids, rotation, code books. One trained codec serves many segments."""

from pathlib import Path
from typing import Any

import faiss as faiss_library

from index.sealed.card import has_card, on_card
from index.sealed.codec import CodecSpec
from index.types import Vectors

faiss: Any = faiss_library  # its type stubs do not know all it has
SEED = 1234


def train(spec: CodecSpec, sample: Vectors) -> Any:
    """An empty, trained FAISS index (`sample`: float32 [n, d] of unit length). The same sample gives the same codec."""
    index = faiss.index_factory(spec.dimension, spec.factory, faiss.METRIC_INNER_PRODUCT)
    ivf = faiss.downcast_index(faiss.extract_index_ivf(index))
    ivf.cp.seed = SEED
    ivf.cp.spherical = True  # centroids of unit vectors under inner product
    ivf.cp.max_points_per_centroid = max(1, -(-len(sample) // spec.lists))
    if hasattr(ivf, "do_polysemous_training"):
        ivf.do_polysemous_training = False  # most of the time of training, for a kind of search that is not used here
    if has_card():  # else FAISS takes an index of its own
        clusters = on_card(faiss.IndexFlat(spec.dimension, faiss.METRIC_INNER_PRODUCT))
        ivf.clustering_index = clusters
    index.train(sample)
    ivf.clustering_index = None  # it ends with this call
    return index


def save(index: Any, path: Path) -> None:
    faiss.write_index(index, str(path))


def load(path: Path) -> Any:
    """An index of its own each time, to which vectors can be added."""
    return faiss.read_index(str(path))
