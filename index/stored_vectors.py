"""Vectors as they are stored: unit length, float16, little endian. Owns the check and the two conversions.

The stored float16 values are what is searched. They are brought back to unit length in float32 on reading, so
that an inner product is the cosine to about 1e-7 and not to the 1e-4 that rounding to float16 leaves.
"""

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from index.errors import CorruptError, SpaceMismatchError, VectorError
from index.types import Vector, Vectors

STORED = np.dtype("<f2")
_SIGN_AND_REST = np.int32(-0x70002000)
"""A float16's bits in a float32: the sign in front, exponent and fraction behind three bits more of exponent."""
_EXPONENTS = np.float32(2.0**112)
"""So much larger is a float16 than the float32 with its bits."""
Stored: TypeAlias = NDArray[np.float16]
"""float16 [n, d]: of unit length but for their rounding. Brought to unit length and rounded again, they may change."""


def unit(vector: ArrayLike, dimension: int, what: str, item_id: str | None = None) -> Vector:
    """float32 [d] of unit length. Raises SpaceMismatchError (shape) or VectorError (NaN, infinity, no length)."""
    values = np.asarray(vector, dtype=np.float64)
    if values.shape != (dimension,):
        raise SpaceMismatchError(f"{what} has shape {values.shape}; it should be ({dimension},)", item_id)
    length = math.sqrt(float(values @ values))
    if not math.isfinite(length) and not np.isfinite(values).all():
        raise VectorError(f"{what} holds NaN or infinity", item_id)
    if not 1e-30 < length < math.inf:
        raise VectorError(f"{what} has no usable length ({length:g})", item_id)
    return (values / length).astype(np.float32)


def encode(vector: Vector) -> bytes:
    """The bytes of a unit vector."""
    return vector.astype(STORED).tobytes()


def decode(blobs: Sequence[bytes], dimension: int) -> Vectors:
    """float32 [n, d], rows of unit length, of stored bytes. Raises CorruptError."""
    return unit_rows(stored_rows(blobs, dimension))


def stored_rows(blobs: Sequence[bytes], dimension: int) -> Stored:
    """The same as they are stored. Raises CorruptError."""
    if any(len(blob) != dimension * STORED.itemsize for blob in blobs):
        raise CorruptError(f"a stored vector has not the {dimension} dimensions of its collection")
    rows: Stored = np.frombuffer(b"".join(blobs), dtype=STORED).reshape(len(blobs), dimension)
    return rows


def unit_rows(stored: Stored) -> Vectors:
    """float32 [n, d] of unit length: the values that every search sees, bit by bit. No row is zero."""
    vectors = np.empty(stored.shape, np.float32)
    widen(stored, vectors)
    vectors /= np.sqrt(np.vecdot(vectors, vectors))[:, None]
    return vectors


def widen(stored: Stored, vectors: Vectors) -> None:
    """Write the same numbers to `vectors`, float32 of the same shape: bit by bit what NumPy makes of finite ones, which
    it converts one by one."""
    bits = vectors.view(np.int32)
    np.copyto(bits, stored.view(np.int16))
    np.left_shift(bits, 13, out=bits)
    np.bitwise_and(bits, _SIGN_AND_REST, out=bits)
    vectors *= _EXPONENTS
