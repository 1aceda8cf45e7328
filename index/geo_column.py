"""Places of rows, and which of them lie within a radius. Owns the columns of one geo attribute.

A place is kept as a point of the unit sphere. The straight line between two such points (the chord) tells their
great-circle distance exactly: distance = 2 R asin(chord / 2), which is the haversine formula without its angles. So
the poles and the date line are places like any other.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from index.bitmaps import from_rows, to_rows
from index.row_array import RowArray
from index.types import AttributeType, AttributeValue, Facet, GeoPoint, Scalar

EARTH_RADIUS_M = 6_371_008.8
"""The mean radius (IUGG)."""
Axis = NDArray[np.float64]  # float64 [n]


class GeoColumn:
    """Three coordinates for each row, in float64: errors stay below a millimetre."""

    type: AttributeType = "geo"

    def __init__(self) -> None:
        self._x, self._y, self._z = (RowArray(np.float64(np.nan)) for _ in range(3))
        self._held = BitMap()

    @property
    def nbytes(self) -> int:
        return self._x.nbytes + self._y.nbytes + self._z.nbytes

    def put(self, rows: Sequence[int], values: Sequence[AttributeValue]) -> None:
        places = [on_sphere(value) for value in values if isinstance(value, GeoPoint)]
        assert len(places) == len(rows)
        for axis, coordinates in zip((self._x, self._y, self._z), np.array(places).reshape(-1, 3).T, strict=True):
            axis.put(np.array(rows, np.int64), coordinates)
        self._held.update(rows)

    def clear(self, row: int) -> None:
        self._held.discard(row)

    def match(self, values: Sequence[Scalar]) -> BitMap:
        """None: a place equals no scalar."""
        return BitMap()

    def within(self, centre: GeoPoint, radius_m: float) -> BitMap:
        """The rows at most `radius_m` metres from `centre`, the border included."""
        if reaches_everything(radius_m):
            return self._held.copy()
        rows = to_rows(self._held)
        belt = np.abs(self._z.take(rows) - on_sphere(centre)[2]) <= chord_of(radius_m)  # between two latitudes
        rows = rows[belt]
        return from_rows(rows[is_near((self._x.take(rows), self._y.take(rows), self._z.take(rows)), centre, radius_m)])

    def facet(self, key: str, among: BitMap, limit: int) -> Facet:
        return Facet(key, "geo")


def on_sphere(place: GeoPoint) -> tuple[float, float, float]:
    """x, y, z on the unit sphere; z is the axis of the earth."""
    lat, lon = math.radians(place.lat), math.radians(place.lon)
    return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)


def reaches_everything(radius_m: float) -> bool:
    """Half around the earth."""
    return radius_m >= math.pi * EARTH_RADIUS_M


def chord_of(radius_m: float) -> float:
    """Of a distance along the surface, for the unit sphere."""
    return 2.0 * math.sin(radius_m / (2.0 * EARTH_RADIUS_M))


def is_near(places: tuple[Axis, Axis, Axis], centre: GeoPoint, radius_m: float) -> NDArray[np.bool_]:
    """bool [n]: the points of the unit sphere at most `radius_m` metres from `centre`, the border included."""
    squares = sum((axis - middle) ** 2 for axis, middle in zip(places, on_sphere(centre), strict=True))
    return np.asarray(squares <= chord_of(radius_m) ** 2)
