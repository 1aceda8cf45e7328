"""Arrays by row hold what a dictionary would, in memory for the rows in use and little for those below."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from index.row_array import RowArray

ROWS = st.integers(0, 10_000)
FAR = 50_000_000


@given(st.lists(st.tuples(st.lists(ROWS, max_size=5), st.integers(0, 100)), max_size=20), st.lists(ROWS, max_size=20))
def test_it_holds_what_a_dictionary_holds(puts: list[tuple[list[int], int]], asked: list[int]) -> None:
    array, expected = RowArray(np.int32(-1)), dict[int, int]()
    for rows, value in puts:
        array.put(np.array(rows, np.int64), np.int32(value))
        expected |= dict.fromkeys(rows, value)
    wanted = [*asked, *expected, -1, 20_000]
    assert array.take(np.array(wanted, np.int64)).tolist() == [expected.get(row, -1) for row in wanted]


def test_rows_far_from_each_other_take_no_memory_for_those_between() -> None:
    array = RowArray(np.float64(np.nan))
    array.put(np.arange(FAR - 10, FAR + 5_000), np.float64(2.0))
    of_new_rows = array.nbytes
    for old in (5, FAR // 2):
        array.put(np.array([old]), np.float64(1.0))
    assert array.nbytes - of_new_rows < 8 * 10_000
    assert of_new_rows < 8 * 20_000 + FAR // 8  # of which FAR // 16 is the table of pages
    assert array.take(np.array([FAR - 11, FAR, 5, 6])).tolist()[1:3] == [2.0, 1.0]
