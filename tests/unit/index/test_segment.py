"""The cut and the merge of answers."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from index.segment import best, merge

COSINES = st.lists(st.sampled_from([-1.0, 0.0, 0.25, 0.5, 1.0]), max_size=40)


@given(cosines=COSINES, limit=st.integers(0, 45), seed=st.integers(0, 5))
def test_best_is_a_sort_and_a_cut(cosines: list[float], limit: int, seed: int) -> None:
    rows = np.random.default_rng(seed).permutation(len(cosines)).astype(np.int64)
    hits = best(rows, np.array(cosines, dtype=np.float32), limit)
    pairs = sorted(zip(cosines, rows.tolist(), strict=True), key=lambda pair: (-pair[0], pair[1]))[:limit]
    assert list(zip(hits.cosines.tolist(), hits.rows.tolist(), strict=True)) == pairs


@given(first=COSINES, second=COSINES, limit=st.integers(0, 20))
def test_merging_equals_searching_everything(first: list[float], second: list[float], limit: int) -> None:
    cosines = np.array(first + second, dtype=np.float32)
    rows = np.arange(len(cosines))
    cut = len(first)
    answers = [best(rows[:cut], cosines[:cut], limit), best(rows[cut:], cosines[cut:], limit)]
    whole = best(rows, cosines, limit)
    merged = merge(answers, limit)
    assert merged.rows.tolist() == whole.rows.tolist()
    assert merged.cosines.tolist() == whole.cosines.tolist()
