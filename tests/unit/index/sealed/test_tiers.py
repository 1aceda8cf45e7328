"""Which segments are merged, and when all is trained again."""

from collections.abc import Sequence

import pytest

from index.sealed.tiers import Standing, drift, needs_training, to_merge


@pytest.mark.parametrize(
    ("standing", "fresh", "expected"),
    [
        ([("a", 1_000, 0)], 10, []),
        ([("a", 1_000, 0)], 500, ["a"]),
        ([("a", 1_000, 0), ("b", 20, 0), ("c", 40, 0)], 10, ["b", "c"]),
        ([("a", 1_000, 301), ("b", 20, 0)], 1, ["a", "b"]),
        ([("a", 1_000, 300)], 1, []),
        ([], 10, []),
    ],
)
def test_segments_of_like_size_and_wasteful_ones_are_merged(
    standing: Sequence[tuple[str, int, int]], fresh: int, expected: list[str]
) -> None:
    assert sorted(to_merge([Standing(*one) for one in standing], fresh)) == expected


@pytest.mark.parametrize(("trained_for", "total", "expected"), [(None, 1, True), (10, 80, False), (10, 81, True)])
def test_many_more_vectors_need_more_lists(trained_for: int | None, total: int, expected: bool) -> None:
    assert needs_training(trained_for, total) is expected


@pytest.mark.parametrize(
    ("trained_misfit", "misfits", "expected"),
    [
        (0.4, [(0.4, 1_000)], 1.0),
        (0.4, [(0.4, 750), (0.8, 250)], 1.25),
        (0.4, [(0.4, 750), (9.9, 0)], 1.0),
        (0.4, [(0.4, 0)], None),
        (0.4, [], None),
        (None, [(0.4, 1_000)], None),
        (0.0, [(0.4, 1_000)], None),
    ],
)
def test_drift_is_of_the_rows_that_live(
    trained_misfit: float | None, misfits: Sequence[tuple[float, int]], expected: float | None
) -> None:
    assert drift(trained_misfit, misfits) == (None if expected is None else pytest.approx(expected))
