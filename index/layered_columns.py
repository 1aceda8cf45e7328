"""Columns over sealed ones: what is sealed, but for rows that changed since, and the changes.

`stale`: the rows that no longer count as they were sealed, the same for all columns; their owner adds to it. The
changes are ordinary columns; not safe for concurrent use, like these.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from index.attribute_columns import NumberColumn, PostingsColumn, commonest
from index.geo_column import GeoColumn
from index.sealed.sealed_columns import SealedNumbers, SealedPlaces, SealedPostings
from index.types import AttributeType, GeoPoint, Scalar


class LayeredPostings(PostingsColumn):
    """Keywords and booleans."""

    def __init__(self, type_: AttributeType, sealed: SealedPostings, stale: BitMap) -> None:
        super().__init__(type_)
        self._sealed, self._stale = sealed, stale

    def match(self, values: Sequence[Scalar]) -> BitMap:
        sealed = BitMap().union(*map(self._sealed.rows, values))
        return (sealed - self._stale) | super().match(values)

    def _commonest(self, among: BitMap, limit: int) -> Sequence[tuple[Scalar, int]]:
        fresh = self.counts(among)  # first: a row that changes after that is not counted twice
        return commonest(self._sealed.counts(among - self._stale, fresh, limit), limit)


class LayeredNumbers(NumberColumn):
    """Numbers."""

    def __init__(self, sealed: SealedNumbers, stale: BitMap) -> None:
        super().__init__()
        self._sealed, self._stale = sealed, stale

    def between(self, low: float, high: float, open_low: bool = False, open_high: bool = False) -> BitMap:
        sealed = self._sealed.between(low, high, open_low, open_high) - self._stale
        return sealed | super().between(low, high, open_low, open_high)

    def values(self, among: BitMap) -> NDArray[np.float64]:
        return np.concatenate([self._sealed.of(among - self._stale), super().values(among)])


class LayeredPlaces(GeoColumn):
    """Places."""

    def __init__(self, sealed: SealedPlaces, stale: BitMap) -> None:
        super().__init__()
        self._sealed, self._stale = sealed, stale

    def within(self, centre: GeoPoint, radius_m: float) -> BitMap:
        return (self._sealed.within(centre, radius_m) - self._stale) | super().within(centre, radius_m)
