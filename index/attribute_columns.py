"""Inverted columns: for each attribute, which rows hold which value.

Owns the postings of one attribute. Knows neither filters nor items; the owner holds a lock around every call but
`facet`, which may take long: it reads a bitmap or an array at a time, each in one call that nothing comes between.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from index.bitmaps import from_rows, to_rows
from index.geo_column import GeoColumn
from index.row_array import RowArray
from index.types import AttributeType, AttributeValue, Facet, GeoPoint, Scalar

MERGE_CHANGES = 1024
"""Changed rows that a sorted number column tolerates before it sorts again (or an eighth of it, if more)."""
BYTES_A_ROW = 150
BYTES_A_VALUE = 300
"""What dictionaries, tuples and small bitmaps come to, roughly."""


class Column(Protocol):
    """One attribute over all rows."""

    @property
    def type(self) -> AttributeType: ...

    @property
    def nbytes(self) -> int:
        """A rough figure."""

    def put(self, rows: Sequence[int], values: Sequence[AttributeValue]) -> None:
        """Store a value for each of these rows, distinct ones that have none."""

    def clear(self, row: int) -> None:
        """Forget the row's value, if there is one."""

    def match(self, values: Sequence[Scalar]) -> BitMap:
        """The rows that hold any of these values."""

    def facet(self, key: str, among: BitMap, limit: int) -> Facet:
        """Values and counts among these rows. Needs no lock: what is written meanwhile may be counted or not."""


class PostingsColumn:
    """Keywords and booleans: a bitmap for each value."""

    def __init__(self, type_: AttributeType) -> None:
        self._type = type_
        self._postings: dict[Scalar, BitMap] = {}
        self._values_of: dict[int, tuple[Scalar, ...]] = {}

    @property
    def type(self) -> AttributeType:
        return self._type

    @property
    def nbytes(self) -> int:
        return len(self._values_of) * BYTES_A_ROW + len(self._postings) * BYTES_A_VALUE

    def put(self, rows: Sequence[int], values: Sequence[AttributeValue]) -> None:
        rows_of: defaultdict[Scalar, list[int]] = defaultdict(list)
        for row, value in zip(rows, values, strict=True):
            assert value is not None and not isinstance(value, GeoPoint)
            scalars = tuple(dict.fromkeys(value)) if isinstance(value, tuple) else (value,)
            self._values_of[row] = scalars
            for one in scalars:
                rows_of[one].append(row)
        for one, some in rows_of.items():
            self._postings.setdefault(one, BitMap()).update(some)

    def clear(self, row: int) -> None:
        for value in self._values_of.pop(row, ()):
            posting = self._postings[value]
            posting.discard(row)
            if not posting:
                del self._postings[value]

    def match(self, values: Sequence[Scalar]) -> BitMap:
        return BitMap.union(BitMap(), *(self._postings[v] for v in values if v in self._postings))

    def facet(self, key: str, among: BitMap, limit: int) -> Facet:
        return Facet(key, self._type, counts=tuple(self._commonest(among, limit)))

    def counts(self, among: BitMap) -> Counter[Scalar]:
        """How many of these rows hold each value; values that none holds are left out."""
        postings = list(self._postings.items())
        counted = ((value, posting.intersection_cardinality(among)) for value, posting in postings)
        return Counter({value: count for value, count in counted if count})

    def _commonest(self, among: BitMap, limit: int) -> Sequence[tuple[Scalar, int]]:
        """The values that most of these rows hold, and how many do; ties by value."""
        return commonest(self.counts(among), limit)


def commonest(counts: Mapping[Scalar, int], limit: int) -> list[tuple[Scalar, int]]:
    """The greatest counts, most first, ties by value."""
    return heapq.nsmallest(limit, counts.items(), key=lambda pair: (-pair[1], pair[0]))


class NumberColumn:
    """Numbers: a value for each row, and a sorted copy for ranges that is renewed when enough has changed."""

    type: AttributeType = "number"

    def __init__(self) -> None:
        self._values = RowArray(np.float64(np.nan))
        self._held = BitMap()
        self._changed = BitMap()
        self._sorted: NDArray[np.float64] = np.empty(0)
        self._sorted_rows: NDArray[np.int64] = np.empty(0, dtype=np.int64)

    @property
    def nbytes(self) -> int:
        return self._values.nbytes + self._sorted.nbytes + self._sorted_rows.nbytes

    def put(self, rows: Sequence[int], values: Sequence[AttributeValue]) -> None:
        numbers = [value for value in values if isinstance(value, int | float)]
        assert len(numbers) == len(rows)
        self._values.put(np.array(rows, np.int64), np.array(numbers, np.float64))
        self._held.update(rows)
        self._changed.update(rows)

    def clear(self, row: int) -> None:
        if row in self._held:
            self._held.discard(row)
            self._changed.add(row)

    def match(self, values: Sequence[Scalar]) -> BitMap:
        ranges = (self.between(float(v), float(v)) for v in values if isinstance(v, int | float))
        return BitMap.union(BitMap(), *ranges)

    def between(self, low: float, high: float, open_low: bool = False, open_high: bool = False) -> BitMap:
        """Rows with low ≤ value ≤ high; `open_low` and `open_high` leave the bound itself out."""
        self._sort_if_due()
        start = np.searchsorted(self._sorted, low, "right" if open_low else "left")
        end = np.searchsorted(self._sorted, high, "left" if open_high else "right")
        found = from_rows(self._sorted_rows[start : max(start, end)]) - self._changed
        return found | self._changed_between(low, high, open_low, open_high)

    def facet(self, key: str, among: BitMap, limit: int) -> Facet:
        values = self.values(among)
        if not len(values):
            return Facet(key, "number")
        return Facet(key, "number", minimum=float(values.min()), maximum=float(values.max()))

    def values(self, among: BitMap) -> NDArray[np.float64]:
        """The values of those rows that have one."""
        return self._values.take(to_rows(self._held & among))

    def _changed_between(self, low: float, high: float, open_low: bool, open_high: bool) -> BitMap:
        rows = to_rows(self._changed & self._held)
        values = self._values.take(rows)
        above = values > low if open_low else values >= low
        below = values < high if open_high else values <= high
        return from_rows(rows[above & below])

    def _sort_if_due(self) -> None:
        if len(self._changed) <= max(MERGE_CHANGES, len(self._sorted) // 8):
            return
        rows = to_rows(self._held)
        values = self._values.take(rows)
        order = np.argsort(values, kind="stable")
        self._sorted, self._sorted_rows = values[order], rows[order]
        self._changed = BitMap()


AnyColumn: TypeAlias = PostingsColumn | NumberColumn | GeoColumn


def new_column(type_: AttributeType) -> AnyColumn:
    match type_:
        case "number":
            return NumberColumn()
        case "geo":
            return GeoColumn()
        case _:
            return PostingsColumn(type_)
