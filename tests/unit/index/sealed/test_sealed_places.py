"""Sealed places answer as those in memory do, on the border of the radius, at the poles and across the date line."""

from pathlib import Path

import numpy as np
import pytest

from index.geo_column import EARTH_RADIUS_M, GeoColumn, on_sphere
from index.sealed.packed_arrays import PackedWriter, open_packed
from index.sealed.sealed_columns import SealedPlaces, write_places
from index.types import GeoPoint

RANDOM = np.random.default_rng(7)
PLACES = [
    GeoPoint(90.0, 0.0),
    GeoPoint(-90.0, 0.0),
    GeoPoint(0.0, 180.0),
    GeoPoint(0.0, -180.0),
    *(GeoPoint(float(lat), float(lon)) for lat, lon in RANDOM.uniform((-90, -180), (90, 180), (300, 2))),
]
DEGREE_M = np.pi * EARTH_RADIUS_M / 180.0


@pytest.fixture
def columns(tmp_path: Path) -> tuple[SealedPlaces, GeoColumn]:
    rows = np.arange(0, 3 * len(PLACES), 3)
    with (tmp_path / "arrays").open("wb") as file:
        packed = PackedWriter(file)
        write_places(packed, "of place", rows, np.array([on_sphere(place) for place in PLACES]))
    column = GeoColumn()
    column.put(rows.tolist(), PLACES)
    return SealedPlaces(open_packed(tmp_path / "arrays", packed.places), "of place"), column


@pytest.mark.parametrize("centre", [*PLACES[:8], GeoPoint(10.0, 179.5)])
@pytest.mark.parametrize("radius_m", [0.0, 1.0, 30 * DEGREE_M, 90 * DEGREE_M, 179.999 * DEGREE_M, 200 * DEGREE_M])
def test_sealed_places_answer_as_those_in_memory(
    columns: tuple[SealedPlaces, GeoColumn], centre: GeoPoint, radius_m: float
) -> None:
    sealed, column = columns
    assert sealed.within(centre, radius_m) == column.within(centre, radius_m)


def test_few_places_lie_near(columns: tuple[SealedPlaces, GeoColumn]) -> None:
    assert sorted(columns[0].within(PLACES[2], 1.0)) == [6, 9]
