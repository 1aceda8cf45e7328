"""Conditions of the command line become filters of the types that the attributes have."""

import pytest

from index.types import Filter, GeoPoint, GeoRadius, Match, MatchText, Range
from service.cli.exits import UsageError
from service.cli.filters import parse_filter
from service.cli.search import to_query
from service.types import ComposeQuery, ImageQuery, ProductQuery, TextQuery


def test_values_take_the_type_of_their_attribute() -> None:
    conditions = ["brand=acme=x", "stock = 3", "sale=True", "brand!=other", "price>=10", "price<50"]
    parsed = parse_filter(conditions, {"brand": "keyword", "stock": "number", "sale": "boolean", "price": "number"})
    assert parsed == Filter(
        must=(
            Match("brand", ("acme=x",)),
            Match("stock", (3.0,)),
            Match("sale", (True,)),
            Range("price", gte=10.0),
            Range("price", lt=50.0),
        ),
        must_not=(Match("brand", ("other",)),),
    )
    assert parse_filter([], {}) is None


def test_words_and_circles() -> None:
    parsed = parse_filter(["text~red canvas", "shop@52.52, 13.405,5e3"], {"shop": "geo"})
    assert parsed == Filter(must=(MatchText("red canvas"), GeoRadius("shop", GeoPoint(52.52, 13.405), 5000.0)))


@pytest.mark.parametrize(
    "condition", ["brand", "=x", "price>cheap", "sale=maybe", "stock=few", "brand~x", "shop@1,2", "shop@a,b,c"]
)
def test_conditions_that_make_no_sense_are_refused(condition: str) -> None:
    with pytest.raises(UsageError):
        parse_filter([condition], {"sale": "boolean", "stock": "number"})


def test_the_parts_make_the_query() -> None:
    assert isinstance(to_query("x", None, None), TextQuery)
    assert isinstance(to_query(None, b"x", None), ImageQuery)
    assert isinstance(to_query("x", b"x", None), ProductQuery)
    assert isinstance(to_query(None, b"x", "in red"), ComposeQuery)


@pytest.mark.parametrize(("text", "change"), [(None, None), ("x", "in red")])
def test_parts_that_make_no_query_are_refused(text: str | None, change: str | None) -> None:
    with pytest.raises(UsageError, match="--image"):
        to_query(text, None, change)
