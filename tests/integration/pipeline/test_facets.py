"""Counts of what a filter selects."""

import pytest

from index.errors import FilterError
from index.types import Filter, Match, MatchText, Range
from service.errors import AttributeUnknownError
from tests.integration.pipeline.conftest import Shop


async def test_what_a_filter_selects_is_counted(shop: Shop) -> None:
    collections = shop.application.collections
    square = Filter(must=(MatchText("square"), Range("price", gte=4)))
    found = await collections.count_facets("shop", square, ["kind", "price"], 50)
    assert found.count == 4
    assert [(facet.key, facet.counts) for facet in found.facets] == [
        ("kind", (("bright", 2), ("dark", 2))),
        ("price", ()),
    ]
    assert (found.facets[1].minimum, found.facets[1].maximum) == (4, 7)
    everything = await collections.count_facets("shop", None, None, 1)
    assert [facet.key for facet in everything.facets] == ["kind", "price", "tags"]
    assert everything.facets[2].counts == (("a", 8),)


async def test_unknown_attributes_are_refused(shop: Shop) -> None:
    collections = shop.application.collections
    with pytest.raises(AttributeUnknownError, match=r"'size'.*kind, price, tags"):
        await collections.count_facets("shop", None, ["size"], 50)
    with pytest.raises(FilterError, match="size"):
        await collections.count_facets("shop", Filter(must=(Match("size", ("xl",)),)), None, 50)
