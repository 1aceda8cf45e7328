"""An array indexed by row that grows by doubling. Owns its memory; knows nothing of what the values mean."""

from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Value = TypeVar("Value", bound=np.generic)

FIRST_CAPACITY = 1024


class RowArray(Generic[Value]):
    """`values[row]`, or `fill` where nothing was set. Not safe for concurrent use: the owner holds a lock."""

    def __init__(self, fill: Value) -> None:
        self._fill = fill
        self._values: NDArray[Value] = np.full(FIRST_CAPACITY, fill)

    @property
    def nbytes(self) -> int:
        return self._values.nbytes

    def take(self, rows: NDArray[np.int64]) -> NDArray[Value]:
        """The values of these rows; a row never reached, or negative, is `fill`."""
        known = (rows >= 0) & (rows < len(self._values))
        taken: NDArray[Value] = np.full(len(rows), self._fill)
        taken[known] = self._values[rows[known]]
        return taken

    def put(self, rows: NDArray[np.int64], values: NDArray[Value] | Value) -> None:
        if len(rows):
            self._reach(int(rows.max()))
            self._values[rows] = values

    def set(self, row: int, value: Value | float | int) -> None:
        self._reach(row)
        self._values[row] = value

    def _reach(self, row: int) -> None:
        if row < len(self._values):
            return
        grown = np.full(max(row + 1, 2 * len(self._values)), self._fill)
        grown[: len(self._values)] = self._values
        self._values = grown
