"""Distances on the sphere against the haversine formula."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from index.geo_column import EARTH_RADIUS_M, GeoColumn
from index.types import GeoPoint
from tests.fakes.naive_filters import distance_m

LATITUDES = st.one_of(st.floats(-90, 90), st.sampled_from([-90.0, 90.0, 0.0, 89.9999999]))
LONGITUDES = st.one_of(st.floats(-180, 180), st.sampled_from([-180.0, 180.0, 179.9999999, 0.0]))
PLACES = st.builds(GeoPoint, LATITUDES, LONGITUDES)
RADII = st.one_of(st.floats(0, 2.1e7), st.floats(0, 100))
DOUBT_M = 1.0
"""Places so near to the border may fall on either side: the haversine formula itself loses digits near the antipode."""


@given(places=st.lists(PLACES, max_size=20), centre=PLACES, radius_m=RADII)
@settings(max_examples=300, deadline=None)
def test_what_is_within_a_radius(places: list[GeoPoint], centre: GeoPoint, radius_m: float) -> None:
    column = GeoColumn()
    column.put(range(len(places)), places)
    found = column.within(centre, radius_m)
    for row, place in enumerate(places):
        distance = distance_m(place, centre)
        doubt = DOUBT_M if distance > 0.9 * math.pi * EARTH_RADIUS_M else 1e-3
        if abs(distance - radius_m) > doubt:
            assert (row in found) == (distance < radius_m)


@given(place=PLACES)
@settings(max_examples=50, deadline=None)
def test_a_place_is_within_no_distance_of_itself(place: GeoPoint) -> None:
    column = GeoColumn()
    column.put([3], [place])
    assert column.within(place, 0.0) == BitMap([3])


def test_both_names_of_the_date_line_are_one_place() -> None:
    column = GeoColumn()
    column.put([1, 2], [GeoPoint(10, 180), GeoPoint(-90, 17)])
    assert column.within(GeoPoint(10, -180), 0.001) == BitMap([1])
    assert column.within(GeoPoint(-90, -100), 0.001) == BitMap([2])


def test_a_row_that_moved_is_found_where_it_is_now() -> None:
    column = GeoColumn()
    column.put([1], [GeoPoint(0, 0)])
    column.clear(1)
    assert column.within(GeoPoint(0, 0), 3e7) == BitMap()
    column.put([1], [GeoPoint(50, 0)])
    assert column.within(GeoPoint(0, 0), 1e6) == BitMap()
    assert column.within(GeoPoint(50, 0), 0) == BitMap([1])
