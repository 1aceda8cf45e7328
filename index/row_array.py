"""An array indexed by row, of pages that are made once they are needed. Knows nothing of what the values mean."""

from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Value = TypeVar("Value", bound=np.generic)

BITS = 6
PAGE = 1 << BITS
"""Values of a page: one old row that changes among millions takes no more."""
FIRST_PAGES = 16


class RowArray(Generic[Value]):
    """`values[row]`, or `fill` where nothing was set. Not safe for concurrent use: the owner holds a lock.

    Rows are new ones, which lie close together, and a few old ones anywhere below. Of all others each stretch of PAGE
    takes the 4 bytes that say that it has no page.
    """

    def __init__(self, fill: Value) -> None:
        self._pages: NDArray[Value] = np.full((FIRST_PAGES, PAGE), fill)
        """The first one stands for all that were never set."""
        self._used = 1
        self._page_of: NDArray[np.int32] = np.zeros(0, np.int32)
        """Of each stretch of PAGE rows."""
        self._fill = fill

    @property
    def nbytes(self) -> int:
        return self._pages.nbytes + self._page_of.nbytes

    def take(self, rows: NDArray[np.int64]) -> NDArray[Value]:
        """The values of these rows; a row never reached, or negative, is `fill`."""
        stretches = rows >> BITS
        known = (stretches >= 0) & (stretches < len(self._page_of))
        pages = np.zeros(len(rows), np.int32)
        pages[known] = self._page_of[stretches[known]]
        taken: NDArray[Value] = self._pages[pages, rows & (PAGE - 1)]
        return taken

    def put(self, rows: NDArray[np.int64], values: NDArray[Value] | Value) -> None:
        if len(rows):
            stretches = rows >> BITS
            self._reach(np.unique(stretches))
            self._pages[self._page_of[stretches], rows & (PAGE - 1)] = values

    def _reach(self, stretches: NDArray[np.int64]) -> None:
        """Give each of these, ascending and distinct, a page. What is too small becomes twice as large at least."""
        if stretches[-1] >= len(self._page_of):
            longer = np.zeros(max(int(stretches[-1]) + 1, 2 * len(self._page_of)), np.int32)
            longer[: len(self._page_of)] = self._page_of
            self._page_of = longer
        without = stretches[self._page_of[stretches] == 0]
        end = self._used + len(without)
        if end > len(self._pages):
            more: NDArray[Value] = np.full((max(end, 2 * len(self._pages)), PAGE), self._fill)
            more[: self._used] = self._pages[: self._used]
            self._pages = more
        self._page_of[without] = np.arange(self._used, end, dtype=np.int32)
        self._used = end
