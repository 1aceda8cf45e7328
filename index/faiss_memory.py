"""FAISS indexes over memory of others: a mapped file, an array. Owns the one place that reaches into FAISS's own."""

from typing import Any

import faiss as faiss_library
import numpy as np
from numpy.typing import NDArray

faiss: Any = faiss_library  # its type stubs do not know its keyword arguments
_QUANTIZERS = {np.dtype(np.float16): "QT_fp16", np.dtype(np.uint8): "QT_8bit_direct_signed"}


def index_over(stored: NDArray[np.float16] | NDArray[np.float32] | NDArray[np.uint8]) -> Any:
    """An index of `stored` ([n, d], in C order) by inner product, without a copy. It keeps `stored` alive.

    Bytes are whole numbers from -128 (0) to 127 (255), and queries are cut to whole numbers too.

    FAISS does the same with files of its own that it maps: the codes become a view of memory that it does not own.
    It has no call for memory of others, so the view's parts are set here.
    """
    index = _empty(stored.shape[1], stored.dtype)
    if stored.size:
        codes, bytes_ = index.codes, stored.view(np.uint8).reshape(-1)
        codes.is_owned = False
        codes.view_data = codes.c_ptr = faiss.swig_ptr(bytes_)
        codes.view_size = codes.c_size = len(bytes_)
        index.referenced_objects = [stored]
    index.ntotal = len(stored)
    return index


def _empty(dimension: int, kind: "np.dtype[Any]") -> Any:
    if kind == np.float32:
        return faiss.IndexFlatIP(dimension)
    quantizer = getattr(faiss.ScalarQuantizer, _QUANTIZERS[kind])
    return faiss.IndexScalarQuantizer(dimension, quantizer, faiss.METRIC_INNER_PRODUCT)
