"""An array indexed by row that grows by doubling. Owns its memory; knows nothing of what the values mean."""

from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Value = TypeVar("Value", bound=np.generic)

FIRST_CAPACITY = 1024


class RowArray(Generic[Value]):
    """`values[row]`, or `fill` where nothing was set. Not safe for concurrent use: the owner holds a lock.

    Spans the rows from the least to the greatest that were set: rows grow for ever, those in use lie close together.
    """

    def __init__(self, fill: Value) -> None:
        self._fill = fill
        self._span: tuple[int, NDArray[Value]] = (0, np.full(0, fill))
        """The first row, and the values from there on."""

    @property
    def nbytes(self) -> int:
        return self._span[1].nbytes

    def take(self, rows: NDArray[np.int64]) -> NDArray[Value]:
        """The values of these rows; a row never reached, or negative, is `fill`."""
        first, values = self._span
        places = rows - first
        known = (places >= 0) & (places < len(values))
        taken: NDArray[Value] = np.full(len(rows), self._fill)
        taken[known] = values[places[known]]
        return taken

    def put(self, rows: NDArray[np.int64], values: NDArray[Value] | Value) -> None:
        if len(rows):
            first, held = self._reaching(int(rows.min()), int(rows.max()))
            held[rows - first] = values

    def set(self, row: int, value: Value | float | int) -> None:
        first, held = self._reaching(row, row)
        held[row - first] = value

    def _reaching(self, least: int, greatest: int) -> tuple[int, NDArray[Value]]:
        """The span, grown where it must be: by as much again as there is, in the direction in which it grows."""
        first, held = self._span
        end = first + len(held)
        if first <= least and greatest < end:
            return self._span
        if not len(held):
            first = end = least
        start = first if first <= least else max(0, least - len(held))
        stop = end if greatest < end else max(greatest + 1, end + max(len(held), FIRST_CAPACITY))
        grown: NDArray[Value] = np.full(stop - start, self._fill)
        grown[first - start : first - start + len(held)] = held
        self._span = (start, grown)
        return self._span
