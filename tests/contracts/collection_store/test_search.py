"""Searches, filters, counts and facets as every adapter must answer them."""

import numpy as np
import pytest

from index import Collection
from index.errors import FieldNotFoundError, FilterError, SpaceMismatchError, VectorError
from index.types import Attributes, Condition, Filter, HasId, Match, Range
from tests.contracts.collection_store.items import EAST, NORTH, UP, direction, write


@pytest.fixture
def shop(collection: Collection) -> Collection:
    """Five items from east to north."""
    kinds: list[Attributes] = [
        {"brand": "acme", "price": 10, "tags": ("summer", "red"), "new": True},
        {"brand": "acme", "price": 20.5, "tags": ("winter",), "new": False},
        {"brand": "best", "price": 30, "tags": ()},
        {"brand": "best", "price": 40, "tags": ("summer", "summer")},
        {},
    ]
    items = [write(f"i{n}", direction(5 - n, n, 0, 0), NORTH, kind) for n, kind in enumerate(kinds)]
    collection.upsert(items)
    return collection


def test_hits_come_best_first_with_their_cosines(shop: Collection) -> None:
    hits = shop.search("image", EAST, 3)
    assert [hit.id for hit in hits] == ["i0", "i1", "i2"]
    assert [hit.cosine for hit in hits] == pytest.approx([1.0, 4 / 17**0.5, 3 / 13**0.5], abs=1e-3)
    assert [item.id for item in shop.rows([hit.row for hit in hits]) if item] == ["i0", "i1", "i2"]


def test_equal_cosines_are_ordered_by_row(shop: Collection) -> None:
    assert [hit.id for hit in shop.search("product", NORTH, 2)] == ["i0", "i1"]
    shop.upsert([write("i0", product=UP), write("i0", product=NORTH)])
    assert [hit.id for hit in shop.search("product", NORTH, 3)] == ["i0", "i1", "i2"]


def test_only_items_with_a_vector_in_the_field_are_found(collection: Collection) -> None:
    collection.upsert([write("a", image=EAST), write("b", product=EAST), write("c")])
    assert [hit.id for hit in collection.search("image", EAST, 5)] == ["a"]
    assert [hit.id for hit in collection.search("product", EAST, 5)] == ["b"]
    assert collection.vectors("image", ["b", "zebra"]) == [None, None]


def test_the_query_may_have_any_length(shop: Collection) -> None:
    assert shop.search("image", 1000 * EAST, 1) == shop.search("image", EAST, 1)


def test_a_limit_beyond_the_collection(shop: Collection) -> None:
    assert len(shop.search("image", EAST, 1000)) == 5
    assert len(shop.search("image", EAST, 0)) == 0


def test_an_empty_collection(collection: Collection) -> None:
    assert len(collection.search("image", EAST, 10)) == 0
    assert len(collection.search("image", EAST, 10, Filter(must=(Match("brand", ("acme",)),)))) == 0
    assert [(facet.key, facet.counts, facet.minimum) for facet in collection.facets()] == [
        ("brand", (), None),
        ("price", (), None),
    ]


def test_excluded_items_make_room_for_others(shop: Collection) -> None:
    assert [hit.id for hit in shop.search("image", EAST, 2, exclude=["i0", "i2", "zebra"])] == ["i1", "i3"]
    summer = Filter(must=(Match("tags", ("summer",)),))
    assert [hit.id for hit in shop.search("image", EAST, 2, summer, exclude=iter(["i0"]))] == ["i3"]


@pytest.mark.parametrize(
    ("query", "error"),
    [(direction(1, 0, 0), SpaceMismatchError), (0 * EAST, VectorError), (np.nan * EAST, VectorError)],
    ids=["dimension", "zero", "NaN"],
)
def test_a_bad_query_is_refused(shop: Collection, query: np.ndarray, error: type[Exception]) -> None:
    with pytest.raises(error):
        shop.search("image", query, 1)


def test_an_unknown_field_is_refused(shop: Collection) -> None:
    with pytest.raises(FieldNotFoundError):
        shop.search("sound", EAST, 1)  # type: ignore[arg-type]
    with pytest.raises(FieldNotFoundError):
        shop.vectors("sound", ["i0"])  # type: ignore[arg-type]


FILTERS: dict[str, tuple[Filter, str]] = {
    "everything": (Filter(), "01234"),
    "keyword": (Filter(must=(Match("brand", ("acme",)),)), "01"),
    "one of several": (Filter(must=(Match("brand", ("acme", "best", "none")),)), "0123"),
    "no value": (Filter(must=(Match("brand", ()),)), ""),
    "any of the keywords": (Filter(must=(Match("tags", ("summer",)),)), "03"),
    "boolean": (Filter(must=(Match("new", (False,)),)), "1"),
    "number": (Filter(must=(Match("price", (10, 20.5)),)), "01"),
    "range": (Filter(must=(Range("price", gte=10, lt=30),)), "01"),
    "open range": (Filter(must=(Range("price", gt=10, lte=30),)), "12"),
    "both lower bounds": (Filter(must=(Range("price", gt=10, gte=10),)), "123"),
    "no bound": (Filter(must=(Range("price"),)), "0123"),
    "inverted range": (Filter(must=(Range("price", gte=30, lt=10),)), ""),
    "ids": (Filter(must=(HasId(("i4", "i0", "zebra")),)), "04"),
    "should": (Filter(should=(Match("new", (True,)), Range("price", gte=40))), "03"),
    "must and should": (Filter(must=(Match("brand", ("acme",)),), should=(Range("price", lt=15),)), "0"),
    "must not": (Filter(must_not=(Match("brand", ("acme",)),)), "234"),
    "nested": (Filter(must_not=(Filter(must=(Match("brand", ("best",)), Range("price", gt=30))),)), "0124"),
}


@pytest.mark.parametrize(("filter_", "expected"), FILTERS.values(), ids=FILTERS.keys())
def test_filters(shop: Collection, filter_: Filter, expected: str) -> None:
    hits = shop.search("image", EAST, 10, filter_)
    assert "".join(hit.id[1:] for hit in hits) == expected
    assert shop.count(filter_) == len(expected)
    unfiltered = {hit.id: hit.cosine for hit in shop.search("image", EAST, 10)}
    assert all(hit.cosine == unfiltered[hit.id] for hit in hits)


BAD_CONDITIONS: dict[str, Condition] = {
    "unknown attribute": Match("colour", ("red",)),
    "number for a keyword": Match("brand", (5,)),
    "keyword for a number": Match("price", ("cheap",)),
    "boolean for a number": Match("price", (True,)),
    "number for a boolean": Match("new", (1,)),
    "range of a keyword": Range("brand", gt=5),
    "unknown attribute of a range": Range("colour", gt=5),
    "nested": Filter(should=(Match("colour", ("red",)),)),
}


@pytest.mark.parametrize("condition", BAD_CONDITIONS.values(), ids=BAD_CONDITIONS.keys())
def test_bad_filters_are_refused(shop: Collection, condition: Condition) -> None:
    for filter_ in (Filter(must=(condition,)), Filter(must_not=(condition,)), Filter(should=(condition,))):
        with pytest.raises(FilterError):
            shop.search("image", EAST, 1, filter_)
        with pytest.raises(FilterError):
            shop.count(filter_)
        with pytest.raises(FilterError):
            shop.delete_matching(filter_)
    assert shop.count() == 5


def test_an_unknown_attribute_is_answered_with_the_known_ones(shop: Collection) -> None:
    with pytest.raises(FilterError, match=r"'colour'.*brand, new, price, tags"):
        shop.count(Filter(must=(Match("colour", ("red",)),)))


def test_facets_count_what_matches(shop: Collection) -> None:
    facets = {facet.key: facet for facet in shop.facets()}
    assert facets["brand"].counts == (("acme", 2), ("best", 2))
    assert facets["tags"].counts == (("summer", 2), ("red", 1), ("winter", 1))
    assert facets["new"].counts == ((False, 1), (True, 1))
    assert (facets["price"].minimum, facets["price"].maximum) == (10, 40)
    assert [facets[key].type for key in sorted(facets)] == ["keyword", "boolean", "number", "keywords"]


def test_facets_under_a_filter_and_a_limit(shop: Collection) -> None:
    facets = {facet.key: facet for facet in shop.facets(Filter(must=(Match("brand", ("best",)),)), limit=1)}
    assert facets["brand"].counts == (("best", 2),)
    assert facets["tags"].counts == (("summer", 1),)
    assert (facets["price"].minimum, facets["price"].maximum) == (30, 40)


def test_stored_vectors_have_unit_length(shop: Collection) -> None:
    row = shop.search("image", EAST, 1)[0].row
    vectors = shop.row_vectors("image", [row, 10**6, row])
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 0, 1], abs=1e-6)
    assert shop.row_vectors("image", []).shape == (0, 4)
    by_id = shop.vectors("image", ["i0"])[0]
    assert by_id is not None
    assert np.array_equal(by_id, vectors[0])
