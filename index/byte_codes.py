"""A matrix of unit vectors once more as bytes: looked over far faster, and with a bound of what that may miss.

Owns the codes. A component is rounded to one of 255 steps, all of one size, so that FAISS adds up products of whole
numbers. Whoever asks gets the nearest slots by those and the highest cosine that any other slot can have: when its own
exact cosines lie above, nothing was missed.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import faiss as faiss_library
import numpy as np
from numpy.typing import NDArray

from index.faiss_memory import index_over
from index.types import Vector, Vectors

faiss: Any = faiss_library  # its type stubs do not know its keyword arguments
MULTIPLE = 16
"""Of other dimensions FAISS adds up one component at a time."""
STEPS = 127
"""To either side of zero, which is code 128."""
HEADROOM = 1.25
"""A larger component than any before makes the steps so much larger than it needs."""
BLOCK = 4_096
SURE = 4.0
"""In steps, more than rounding does to a product: it is a sum of many small errors that know nothing of each other, and
by Hoeffding's inequality one in 10^13 is larger (2 exp(-2 SURE^2)). A bound that always holds is at least twice as
wide: too wide for searches by texts among pictures, whose cosines lie close together."""
ROUNDING = 1e-5
"""More than float32 takes off a sum of products."""


@dataclass(frozen=True)
class CodedView:
    """The codes of the first slots, as they stood when this was published."""

    codes: NDArray[np.uint8]  # uint8 [n, d]
    step: float

    def nearest(self, query: Vector, count: int, among: Any) -> tuple[NDArray[np.int64], float]:
        """At most `count` slots of the chosen ones (`choosing`), and what no other one's cosine exceeds."""
        step = float(np.abs(query).max()) / STEPS
        rounded = np.rint(query / step).astype(np.float32)
        faiss.omp_set_num_threads(1)  # of this thread: queries run beside each other, none in pieces
        products, slots = self._index.search(rounded[None, :], count, params=among)
        longest = 1.0 + self.step * math.sqrt(len(query)) / 2.0  # of what the codes say
        off = SURE * math.hypot(self.step, step * longest) + ROUNDING
        return slots[0][slots[0] >= 0], float(products[0][-1]) * step * self.step + off

    @cached_property
    def _index(self) -> Any:
        return index_over(self.codes)


def choosing(chosen: NDArray[np.bool_]) -> Any:
    """FAISS's parameters for any number of searches of these slots (bool [n]) alone."""
    return faiss.SearchParameters(sel=faiss.IDSelectorBitmap(np.packbits(chosen, bitorder="little")))


class ByteCodes:
    """Grows with its matrix. What a view holds is never written again."""

    def __init__(self, dimension: int) -> None:
        self._codes: NDArray[np.uint8] = np.empty((0, dimension), np.uint8)
        self._step = 0.0

    def encode(self, matrix: Vectors, start: int, end: int) -> None:
        """The slots from `start` of a matrix, float32 [capacity, d], of which those before are encoded already."""
        step = float(np.abs(matrix[start:end]).max(initial=0.0)) / STEPS
        if step > self._step:
            self._step, start = HEADROOM * step, 0
        if start == 0 or len(self._codes) < end:
            codes = np.empty(matrix.shape, np.uint8)
            codes[:start] = self._codes[:start]
            self._codes = codes
        for first in range(start, end, BLOCK):
            block = matrix[first : min(first + BLOCK, end)]
            self._codes[first : first + len(block)] = np.rint(block / np.float32(self._step)) + (STEPS + 1)

    def view(self, count: int) -> CodedView:
        return CodedView(self._codes[:count], self._step)
