"""A point of a curve for each kind of query and recall."""

from collections.abc import Mapping, Sequence

import pytest

from index.sealed.search_settings import EXHAUSTIVE, CurvePoint, SearchSettings, settings_from


def point(probes: int, candidates: int, recall: float, ms: float) -> CurvePoint:
    return CurvePoint(SearchSettings(probes, candidates), recall, ms)


CURVES: Mapping[str, Sequence[CurvePoint]] = {
    "image": [point(4, 20, 0.97, 1.0), point(16, 20, 0.99, 2.0)],
    "text": [point(8, 10, 0.90, 1.0), point(32, 10, 0.965, 3.0), point(64, 10, 0.97, 5.0)],
}


@pytest.mark.parametrize(
    ("kind", "recall", "expected"),
    [
        ("image", 0.95, (4, 20)),
        ("text", 0.95, (32, 10)),
        ("text", 0.96, (64, 10)),  # a quarter of the misses is kept in reserve
        ("text", 0.97, (64, 10)),  # where that can be had
        ("text", 0.5, (8, 10)),
        ("image", 0.999, (16, 20)),
        ("composed", 0.95, (32, 20)),
        (None, 0.95, (32, 20)),
        (None, 0.97, (64, 20)),
    ],
)
def test_a_kind_without_a_curve_gets_what_the_hardest_needs(
    kind: str | None, recall: float, expected: tuple[int, int]
) -> None:
    assert settings_from(CURVES, kind, recall) == SearchSettings(*expected)


def test_where_one_kind_is_searched_exactly_an_unknown_one_is_too() -> None:
    curves = {**CURVES, "text": [*CURVES["text"], CurvePoint(EXHAUSTIVE, 1.0, 4.0)]}
    assert settings_from(curves, "text", 0.98) == settings_from(curves, None, 0.98) == EXHAUSTIVE
    assert settings_from(curves, "composed", 0.95) == SearchSettings(32, 20)


def test_without_any_curve_there_is_no_choice() -> None:
    assert settings_from({}, "text", 0.95) is None
    assert settings_from({"text": []}, "text", 0.95) is None
