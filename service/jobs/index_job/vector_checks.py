"""Vectors of any length to vectors of unit length, and why some have none. Pure."""

import numpy as np
from numpy.typing import NDArray

from index.types import Vectors
from service.jobs.index_job.vector_files import Raw

NOT_FINITE = "the vector holds NaN or infinity, or is missing, or not as long as the others"
NO_LENGTH = "the vector holds only zeros, so it has no direction"


def normalised(raw: Raw) -> tuple[Vectors, NDArray[np.bool_], NDArray[np.bool_]]:
    """float32 [n, d] of unit length; which rows are finite [n], which have a length [n].

    Rows that fail either test hold nothing of use.
    """
    values = raw.astype(np.float64)
    finite: NDArray[np.bool_] = np.asarray(np.isfinite(values).all(axis=1))
    values[~finite] = 0.0
    largest = np.abs(values).max(axis=1)
    has_length: NDArray[np.bool_] = np.asarray(largest > 0)
    values /= np.where(has_length, largest, 1.0)[:, None]  # so that no square overflows, or vanishes
    lengths = np.sqrt(np.vecdot(values, values))
    values /= np.where(has_length, lengths, 1.0)[:, None]
    return values.astype(np.float32), finite, has_length
