"""Batches of fixed sizes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.batches import SIZES, BatchRules, parts, width_of


@given(rows=st.integers(0, 700), most=st.sampled_from(SIZES), pads=st.booleans())
def test_every_row_goes_out_once_and_in_order(rows: int, most: int, pads: bool) -> None:
    cut = list(parts(rows, BatchRules(most, pads)))
    assert [row for part in cut for row in range(part.start, part.start + part.rows)] == list(range(rows))
    assert all(part.size in BatchRules(most, pads).sizes and part.rows <= part.size for part in cut)


@pytest.mark.parametrize(
    ("rows", "rules", "sizes"),
    [
        (3, BatchRules(8), [3]),
        (7, BatchRules(8), [6, 1]),
        (3, BatchRules(8, pads=True), [4]),
        (21, BatchRules(8), [8, 8, 4, 1]),
        (21, BatchRules(16), [16, 4, 1]),
        (21, BatchRules(8, pads=True), [8, 8, 8]),
        (3, BatchRules(1), [1, 1, 1]),
        (0, BatchRules(8), []),
    ],
)
def test_a_cpu_computes_nothing_in_vain_and_a_gpu_pads(rows: int, rules: BatchRules, sizes: list[int]) -> None:
    assert [part.size for part in parts(rows, rules)] == sizes


@given(tokens=st.integers(1, 900), context=st.integers(1, 600))
def test_a_width_holds_its_text_up_to_the_context(tokens: int, context: int) -> None:
    assert min(tokens, context) <= width_of(tokens, context) <= context


def test_there_are_few_widths() -> None:
    assert {width_of(tokens, 77) for tokens in range(1, 100)} == {4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 64, 77}
