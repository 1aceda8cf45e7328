"""Counting the values of sealed rows, few of them or many, together with what was written since."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from index.attribute_columns import commonest
from index.sealed import sealed_columns
from index.sealed.packed_arrays import PackedWriter, open_packed
from index.sealed.sealed_columns import SealedPostings, write_postings
from tests.fakes.memory_folder import memory_folder

ROWS = st.sets(st.integers(0, 60), min_size=1)
POSTINGS = st.dictionaries(st.text("abc", min_size=1, max_size=2), ROWS, min_size=1, max_size=8)


def sealed(folder: Path, postings: dict[str, set[int]]) -> SealedPostings:
    with (folder / "arrays").open("wb") as file:
        packed = PackedWriter(file)
        write_postings(packed, "of word", {value: sorted(rows) for value, rows in postings.items()})
    return SealedPostings(open_packed(folder / "arrays", packed.places), "of word")


@pytest.mark.parametrize("few", [(0, 0), (1_000, 0), (1_000, 1_000)], ids=["pairs", "pairs of before", "bitmaps"])
@pytest.mark.parametrize("limit", [0, 1, 3, 50])
@given(POSTINGS, st.sets(st.integers(0, 90)), st.dictionaries(st.sampled_from(["a", "zz"]), st.integers(1, 9)))
def test_the_commonest_values_are_counted(
    few: tuple[int, int], limit: int, postings: dict[str, set[int]], among: set[int], more: dict[str, int]
) -> None:
    expected = Counter({value: count for value, rows in postings.items() if (count := len(rows & among))}) + Counter(
        more
    )
    with memory_folder() as folder, pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(sealed_columns, "FEW_VALUES", few[0])
        column = sealed(folder, postings)
        monkeypatch.setattr(sealed_columns, "FEW_VALUES", few[1])
        counts = column.counts(BitMap(among), more, limit)
        assert commonest(counts, limit) == commonest(expected, limit)


def test_of_very_many_values_that_are_as_common_the_first_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealed_columns, "MOST_TIED", 5)
    postings = {f"v{9 - n}": {n} for n in range(10)}
    counts = sealed(tmp_path, postings).counts(BitMap(range(10)), {"v0": 1}, 3)
    assert counts == {"v0": 2, "v9": 1, "v8": 1, "v7": 1, "v6": 1, "v5": 1}
