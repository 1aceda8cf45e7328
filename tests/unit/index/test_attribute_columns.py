"""Columns through many changes, where the sorted copy of numbers and the postings must keep up."""

import random

from pyroaring import BitMap

from index.attribute_columns import MERGE_CHANGES, NumberColumn, PostingsColumn


def test_ranges_stay_right_while_the_sorted_copy_is_renewed() -> None:
    chance, column, held = random.Random(1), NumberColumn(), dict[int, int]()
    for step in range(6 * MERGE_CHANGES):
        row = chance.randrange(MERGE_CHANGES)
        column.clear(row)
        held.pop(row, None)
        if chance.random() < 0.7:
            held[row] = chance.randrange(100)
            column.put([row], [held[row]])
        if step % 500 == 0:
            expected = BitMap(row for row, value in held.items() if 20 < value <= 60)
            assert column.between(20, 60, open_low=True) == expected
            assert column.match((7,)) == BitMap(row for row, value in held.items() if value == 7)


def test_a_value_that_no_row_holds_is_forgotten() -> None:
    column = PostingsColumn("keyword")
    for row in range(1000):
        column.put([row], [f"value {row}"])
        column.clear(row)
    assert column.nbytes == 0
    assert column.match(("value 5",)) == BitMap()


def test_clearing_a_row_that_holds_nothing_is_nothing() -> None:
    for column in (PostingsColumn("keywords"), NumberColumn()):
        column.clear(5)
        assert column.facet("key", BitMap([5]), 10).counts == ()


def test_repeated_keywords_count_once() -> None:
    column = PostingsColumn("keywords")
    column.put([1], [("a", "a")])
    column.clear(1)
    assert column.match(("a",)) == BitMap()
