"""The attributes of sealed items: bitmaps of rows, sorted numbers and places, read from a mapped file.

Nothing here changes. Rows that were patched or deleted since are for the layer above to leave out.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import chain

import numpy as np
import orjson
from numpy.typing import NDArray
from pyroaring import BitMap

from index.bitmaps import Rows, from_rows, to_rows
from index.geo_column import chord_of, is_near, on_sphere, reaches_everything
from index.sealed.hashed_texts import HashedTexts, hashes_of, write_hashes
from index.sealed.packed_arrays import Arrays, PackedWriter, Texts
from index.types import GeoPoint, Scalar

FEW_VALUES = 4_096
"""Of so many each bitmap is asked when values are counted; of more their rows are, in one array for all values."""
MOST_TIED = 10_000


class SealedPostings:
    """Keywords or booleans: a bitmap for each value, deserialised when it is asked for."""

    def __init__(self, arrays: Arrays, name: str) -> None:
        self._arrays, self._name = arrays, name
        self._values = Texts.of(arrays, f"{name}.values")
        self._bitmaps = Texts.of(arrays, f"{name}.bitmaps")
        self._hashed = HashedTexts(arrays, name)

    def rows(self, value: Scalar) -> BitMap:
        """Those that hold the value."""
        number = self._number(value)
        return BitMap() if number is None else BitMap.deserialize(self._bitmaps[number])

    def _number(self, value: Scalar) -> int | None:
        text = orjson.dumps(value)
        return next((number for number in self._hashed.candidates(text) if self._values[number] == text), None)

    def counts(self, among: BitMap, more: Mapping[Scalar, int], limit: int) -> dict[Scalar, int]:
        """How many of these rows hold a value, `more` added: of the `limit` values that most do, and of some others.

        Where more than MOST_TIED have the same count, those that were written first are among them.
        """
        counts, found = self._counts(among), dict(more)
        for value, count in more.items():
            number = self._number(value)
            if number is not None:
                found[value] = count + int(counts[number])
                counts[number] = 0
        order = np.argsort(-counts, kind="stable")
        least = max(1, int(counts[order[limit - 1]])) if 0 < limit < len(order) else 1
        enough = min(int(np.count_nonzero(counts >= least)), max(limit, MOST_TIED))
        for number in order[:enough].tolist():
            found[orjson.loads(self._values[number])] = int(counts[number])
        return found

    def _counts(self, among: BitMap) -> NDArray[np.int64]:
        """Of each value: int64 [values]."""
        if len(self._values) <= FEW_VALUES:
            bitmaps = (BitMap.deserialize(self._bitmaps[number]) for number in range(len(self._values)))
            return np.fromiter((bitmap.intersection_cardinality(among) for bitmap in bitmaps), np.int64)
        rows, numbers = self._pairs
        is_among = np.zeros(int(rows.max(initial=0)) + 1, np.bool_)
        chosen = to_rows(among)
        is_among[chosen[chosen < len(is_among)]] = True
        return np.bincount(numbers[is_among[rows]], minlength=len(self._values))

    @cached_property
    def _pairs(self) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        """Rows, and the number of a value that each holds."""
        names = _pair_names(self._name)
        if names[0] in self._arrays:
            return self._arrays[names[0]], self._arrays[names[1]]
        bitmaps = (BitMap.deserialize(self._bitmaps[number]) for number in range(len(self._bitmaps)))
        return _pairs_of([to_rows(bitmap) for bitmap in bitmaps])  # sealed before they were written


class SealedNumbers:
    """Numbers in two orders: by row and by value."""

    def __init__(self, arrays: Arrays, name: str) -> None:
        self._rows: NDArray[np.uint32] = arrays[f"{name}.rows"]
        self._values: NDArray[np.float64] = arrays[f"{name}.values"]
        self._sorted: NDArray[np.float64] = arrays[f"{name}.sorted"]
        self._sorted_rows: NDArray[np.uint32] = arrays[f"{name}.sorted_rows"]

    def between(self, low: float, high: float, open_low: bool, open_high: bool) -> BitMap:
        """Rows with low ≤ value ≤ high; `open_low` and `open_high` leave the bound itself out."""
        start = np.searchsorted(self._sorted, low, "right" if open_low else "left")
        end = np.searchsorted(self._sorted, high, "left" if open_high else "right")
        return from_rows(self._sorted_rows[start : max(start, end)])

    def of(self, rows: BitMap) -> NDArray[np.float64]:
        """The values of those rows that have one, by row."""
        wanted = to_rows(rows)
        places = np.searchsorted(self._rows, wanted)
        within = places < len(self._rows)
        places, wanted = places[within], wanted[within]
        found: NDArray[np.float64] = self._values[places[self._rows[places] == wanted]]
        return found


class SealedPlaces:
    """Points of the unit sphere (`index.geo_column`), from south to north."""

    def __init__(self, arrays: Arrays, name: str) -> None:
        self._rows: NDArray[np.uint32] = arrays[f"{name}.rows"]
        self._x: NDArray[np.float64] = arrays[f"{name}.x"]
        self._y: NDArray[np.float64] = arrays[f"{name}.y"]
        self._z: NDArray[np.float64] = arrays[f"{name}.z"]

    def within(self, centre: GeoPoint, radius_m: float) -> BitMap:
        """As `GeoColumn.within`; only the belt between two latitudes is read."""
        if reaches_everything(radius_m):
            return from_rows(self._rows)
        z, chord = on_sphere(centre)[2], chord_of(radius_m)
        belt = slice(np.searchsorted(self._z, z - chord - SLACK), np.searchsorted(self._z, z + chord + SLACK))
        near = is_near((self._x[belt], self._y[belt], self._z[belt]), centre, radius_m)
        return from_rows(self._rows[belt][near])


SealedColumn = SealedPostings | SealedNumbers | SealedPlaces
SLACK = 1e-12
"""More than a rounding: what lies on the border is decided by the distance."""


def write_postings(packed: PackedWriter, name: str, postings: Mapping[Scalar, Sequence[int]]) -> None:
    """`postings`: the rows of each value."""
    values = [orjson.dumps(value) for value in postings]
    packed.add_texts(f"{name}.values", values)
    packed.add_texts(f"{name}.bitmaps", [BitMap(rows).serialize() for rows in postings.values()])
    write_hashes(packed, name, hashes_of(values))
    if len(values) > FEW_VALUES:
        for part, array in zip(_pair_names(name), _pairs_of(list(postings.values())), strict=True):
            packed.add(part, array)


def _pair_names(name: str) -> tuple[str, str]:
    return f"{name}.pair_rows", f"{name}.pair_values"


def _pairs_of(rows: Sequence[Sequence[int] | Rows]) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """`rows`: those of each value."""
    lengths = [len(one) for one in rows]
    joined = np.fromiter(chain.from_iterable(rows), np.uint32, sum(lengths))
    return joined, np.repeat(np.arange(len(rows), dtype=np.uint32), lengths)


def write_numbers(packed: PackedWriter, name: str, rows: Rows, values: NDArray[np.float64]) -> None:
    """Rows ascending."""
    order = np.argsort(values, kind="stable")
    small = rows.astype(np.uint32)
    packed.add(f"{name}.rows", small)
    packed.add(f"{name}.values", values)
    packed.add(f"{name}.sorted", values[order])
    packed.add(f"{name}.sorted_rows", small[order])


def write_places(packed: PackedWriter, name: str, rows: Rows, places: NDArray[np.float64]) -> None:
    """`places`: float64 [n, 3], of the unit sphere."""
    order = np.argsort(places[:, 2], kind="stable")
    packed.add(f"{name}.rows", rows.astype(np.uint32)[order])
    for axis, values in zip("xyz", places[order].T, strict=True):
        packed.add(f"{name}.{axis}", np.ascontiguousarray(values))
