"""A FAISS index over vectors that lie in a mapped file. Owns the one place that reaches into FAISS's memory."""

from typing import Any

import faiss as faiss_library
import numpy as np
from numpy.typing import NDArray

faiss: Any = faiss_library  # its type stubs do not know its keyword arguments


def index_over(stored: NDArray[np.float16]) -> Any:
    """An index of `stored` (float16 [n, d], in C order) by inner product, without a copy. It keeps `stored` alive.

    FAISS does the same with files of its own that it maps: the codes become a view of memory that it does not own.
    It has no call for memory of others, so the view's parts are set here.
    """
    index = faiss.IndexScalarQuantizer(stored.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    if stored.size:
        codes, bytes_ = index.codes, stored.view(np.uint8).reshape(-1)
        codes.is_owned = False
        codes.view_data = codes.c_ptr = faiss.swig_ptr(bytes_)
        codes.view_size = codes.c_size = len(bytes_)
        index.referenced_objects = [stored]
    index.ntotal = len(stored)
    return index
