"""The bias of an item: how near it is to texts in general. Pure functions of arrays.

Nearest-neighbour normalisation (Chowdhury et al., 2024): `b(r) = alpha * mean of the k largest s(q', r)` over a bank of
representative queries q', and a search ranks by `s(q, r) - b(r)`. An item that is among the nearest of many unlike
queries (a hub) has a large bias; one that is near to few has a small one.
"""

import numpy as np
from numpy.typing import NDArray

from index.types import Vectors

Biases = NDArray[np.float32]  # float32 [n]
BLOCK = 1_024


def biases(vectors: Vectors, bank: Vectors, k: int, alpha: float) -> Biases:
    """float32 [n] for items float32 [n, d] and a bank float32 [q, d] with q >= k; in blocks of bounded memory."""
    found = np.empty(len(vectors), dtype=np.float32)
    for start in range(0, len(vectors), BLOCK):
        cosines = vectors[start : start + BLOCK] @ bank.T
        largest = np.partition(cosines, len(bank) - k, axis=1)[:, len(bank) - k :]
        found[start : start + BLOCK] = alpha * largest.mean(axis=1)
    return found
