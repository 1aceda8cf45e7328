"""The bitmaps against filters evaluated as the words say, over random items, histories and filters."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from index.attribute_index import AttributeIndex
from index.attribute_values import Schema
from index.errors import FilterError
from index.filters import MAX_DEPTH, FilterScope, matching, prepared
from index.types import Attributes, Condition, Filter, GeoPoint, GeoRadius, HasId, Match, MatchText, Range
from tests.fakes import naive_filters, naive_texts

SCHEMA: Schema = {"brand": "keyword", "tags": "keywords", "price": "number", "new": "boolean", "shop": "geo"}
WORDS = st.sampled_from(["red", "green", "blue", "großé"])
NUMBERS = st.one_of(st.integers(-3, 3), st.sampled_from([0.5, -0.5, 1e30, -0.0]))

ATTRIBUTES = st.fixed_dictionaries(
    {},
    optional={
        "brand": WORDS,
        "tags": st.lists(WORDS, max_size=3).map(tuple),
        "price": NUMBERS,
        "new": st.booleans(),
        "shop": st.sampled_from([GeoPoint(0, 0), GeoPoint(0, 179), GeoPoint(0, -179), GeoPoint(90, 0)]),
    },
)
TEXTS = {row: f"text {row % 2} of {row}" for row in range(1, 7)}
BOUND = st.one_of(st.none(), NUMBERS)
CONDITION: st.SearchStrategy[Condition] = st.one_of(
    st.builds(Match, st.sampled_from(["brand", "tags"]), st.lists(WORDS, max_size=2).map(tuple)),
    st.builds(Match, st.just("price"), st.lists(NUMBERS, max_size=2).map(tuple)),
    st.builds(Match, st.just("new"), st.lists(st.booleans(), max_size=2).map(tuple)),
    st.builds(Range, st.just("price"), BOUND, BOUND, BOUND, BOUND),
    st.builds(
        GeoRadius, st.just("shop"), st.builds(GeoPoint, st.just(0), st.just(180)), st.sampled_from([0, 2e5, 1.1e7])
    ),
    st.builds(MatchText, st.sampled_from(["text", "text 1", "of 0", "nothing"])),
    st.builds(HasId, st.lists(st.sampled_from(["i1", "i2", "i3", "unknown"]), max_size=2).map(tuple)),
)


def filters_over(condition: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    few = st.lists(condition, max_size=2).map(tuple)
    return st.builds(Filter, few, few, few)


FILTERS = filters_over(st.recursive(CONDITION, filters_over, max_leaves=6))
HISTORY = st.lists(st.tuples(st.integers(1, 6), st.one_of(st.none(), ATTRIBUTES)), max_size=12)
"""(row, its new attributes; None where it is deleted)"""


@given(history=HISTORY, filter_=FILTERS)
@settings(max_examples=100, deadline=None)
def test_bitmaps_agree_with_the_words(history: list[tuple[int, Attributes | None]], filter_: Filter) -> None:
    index, items = AttributeIndex(), dict[int, Attributes]()
    index.declare(SCHEMA)
    for row, attributes in history:
        index.clear([row])
        items.pop(row, None)
        if attributes is not None:
            index.put([(row, attributes)])
            items[row] = attributes
    scope = FilterScope(index.columns, BitMap(items), {f"i{row}": row for row in items})
    passed = prepared(filter_, scope)
    index.clear(items)  # what was prepared needs no column any more
    expected = [row for row in sorted(items) if naive_filters.passes(filter_, f"i{row}", items[row], TEXTS[row])]
    found = passed(lambda words: BitMap(row for row, text in TEXTS.items() if naive_texts.holds(text, words)))
    assert list(found) == expected


def test_filters_do_not_nest_without_end() -> None:
    nested = Filter()
    for _ in range(MAX_DEPTH + 1):
        nested = Filter(must=(nested,))
    with pytest.raises(FilterError):
        matching(nested, FilterScope({}, BitMap(), {}))


def test_a_bound_that_is_no_number_is_refused() -> None:
    index = AttributeIndex()
    index.declare(SCHEMA)
    with pytest.raises(FilterError):
        matching(Filter(must=(Range("price", gt=float("nan")),)), FilterScope(index.columns, BitMap(), {}))
