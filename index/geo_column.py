"""Places of rows, and which of them lie within a radius. Owns the columns of one geo attribute.

A place is kept as a point of the unit sphere. The straight line between two such points (the chord) tells their
great-circle distance exactly: distance = 2 R asin(chord / 2), which is the haversine formula without its angles. So
the poles and the date line are places like any other.
"""

import math
from collections.abc import Sequence

import numpy as np
from pyroaring import BitMap

from index.bitmaps import from_rows, to_rows
from index.row_array import RowArray
from index.types import AttributeType, AttributeValue, Facet, GeoPoint, Scalar

EARTH_RADIUS_M = 6_371_008.8
"""The mean radius (IUGG)."""


class GeoColumn:
    """Three coordinates for each row, in float64: errors stay below a millimetre."""

    type: AttributeType = "geo"

    def __init__(self) -> None:
        self._x, self._y, self._z = (RowArray(np.float64(np.nan)) for _ in range(3))
        self._held = BitMap()

    @property
    def nbytes(self) -> int:
        return self._x.nbytes + self._y.nbytes + self._z.nbytes

    def set(self, row: int, value: AttributeValue) -> None:
        assert isinstance(value, GeoPoint)
        for axis, coordinate in zip((self._x, self._y, self._z), on_sphere(value), strict=True):
            axis.set(row, coordinate)
        self._held.add(row)

    def clear(self, row: int) -> None:
        self._held.discard(row)

    def match(self, values: Sequence[Scalar]) -> BitMap:
        """None: a place equals no scalar."""
        return BitMap()

    def within(self, centre: GeoPoint, radius_m: float) -> BitMap:
        """The rows at most `radius_m` metres from `centre`, the border included."""
        if radius_m >= math.pi * EARTH_RADIUS_M:
            return self._held.copy()
        rows, (x, y, z) = to_rows(self._held), on_sphere(centre)
        chord = 2.0 * math.sin(radius_m / (2.0 * EARTH_RADIUS_M))
        heights = self._z.take(rows) - z
        belt = np.abs(heights) <= chord  # around the earth, between two latitudes
        rows, heights = rows[belt], heights[belt]
        squares = (self._x.take(rows) - x) ** 2 + (self._y.take(rows) - y) ** 2 + heights**2
        return from_rows(rows[squares <= chord**2])

    def facet(self, key: str, among: BitMap, limit: int) -> Facet:
        return Facet(key, "geo")


def on_sphere(place: GeoPoint) -> tuple[float, float, float]:
    """x, y, z on the unit sphere; z is the axis of the earth."""
    lat, lon = math.radians(place.lat), math.radians(place.lon)
    return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)
