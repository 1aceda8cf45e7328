"""Roaring bitmaps to arrays of rows and back. Owns the conversion only; knows no segment and no filter."""

from array import array

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

Rows = NDArray[np.int64]  # int64 [n]


def from_rows(rows: NDArray[np.integer]) -> BitMap:
    """The set of these rows. Through `array`: pyroaring walks a NumPy array element by element."""
    return BitMap(array("I", np.sort(rows).astype(np.uint32).tobytes()))


def to_rows(bitmap: BitMap) -> Rows:
    """The rows of the set, ascending."""
    return np.frombuffer(bitmap.to_array(), dtype=np.uint32).astype(np.int64)
