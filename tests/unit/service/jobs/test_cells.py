"""Cells become ids, texts and attribute values, or say why they cannot."""

import datetime
import decimal
import math

import pytest

from index.types import AttributeValue, GeoPoint
from service.jobs.index_job.cells import to_attribute, to_id, to_reference, to_text
from service.jobs.index_job.record import RecordError


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (None, None),
        ("", None),
        (math.nan, None),
        ("red", "red"),
        (3, 3),
        (True, True),
        (["a", 1], ("a", "1")),
        (decimal.Decimal("1.5"), 1.5),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        ({"lat": 52.5, "lon": 13}, GeoPoint(52.5, 13)),
        ({"lat": None, "lon": None}, None),
        (GeoPoint(1, 2), GeoPoint(1, 2)),
    ],
)
def test_attributes(cell: object, value: AttributeValue) -> None:
    assert to_attribute("column", cell) == value


@pytest.mark.parametrize("cell", [{"nested": 1}, {"lat": 1}, [[1]], [True], b"bytes"])
def test_other_kinds_are_refused_with_a_way_out(cell: object) -> None:
    with pytest.raises(RecordError, match="--attributes") as caught:
        to_attribute("column", cell)
    assert caught.value.code == "attribute_value_invalid"


def test_ids_may_be_numbers_but_not_blank() -> None:
    assert (to_id(7), to_id(" a ")) == ("7", "a")
    for cell in (None, "  ", True, 1.5):
        with pytest.raises(RecordError, match="--id"):
            to_id(cell)


def test_texts_are_joined_and_blank_ones_are_none() -> None:
    assert to_text(["red shoe", None, " ", "canvas"]) == "red shoe. canvas"
    assert to_text([None, ""]) is None


def test_text_that_was_not_utf8_is_refused() -> None:
    with pytest.raises(RecordError, match="save the file as UTF-8"):
        to_text([b"caf\xe9".decode("utf-8", "surrogateescape")])


def test_whole_numbers_that_floats_do_not_tell_apart_are_refused() -> None:
    assert to_attribute("n", -(2**53)) == -(2**53)
    with pytest.raises(RecordError, match="serial numbers as texts"):
        to_attribute("n", 2**53 + 1)


def test_a_reference_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(RecordError, match="UTF-8"):
        to_reference("caf\udce9.jpg")
