"""Vectors made from vectors: the algebra that the paper and the design promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.arrays import Vector
from models.compose import PdvParts, centre, pdv, product, unit, weighted_sum
from models.errors import CompositionError


def axis(n: int, d: int = 4) -> Vector:
    return np.eye(d, dtype=np.float32)[n]


PARTS = PdvParts(image=axis(0), base=axis(1), target=axis(2))


def test_unit_has_length_one_and_keeps_the_direction() -> None:
    assert unit(np.asarray([3, 4], dtype=np.float32)).tolist() == pytest.approx([0.6, 0.8])


@pytest.mark.parametrize("vector", [[0, 0], [1e-8, 0]])
def test_a_vector_without_length_has_no_direction(vector: list[float]) -> None:
    with pytest.raises(CompositionError, match="cancel"):
        unit(np.asarray(vector, dtype=np.float32))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_vector_that_is_not_finite_is_refused(bad: float) -> None:
    with pytest.raises(CompositionError, match="too large"):
        unit(np.asarray([bad, 1], dtype=np.float32))


def test_centring_subtracts_the_mean_first() -> None:
    assert centre(unit(axis(0) + axis(1)), axis(0) * np.float32(np.sqrt(0.5))) == pytest.approx(axis(1), abs=1e-6)


def test_pdv_without_change_and_beta_is_the_picture() -> None:
    assert pdv(PARTS, alpha=0, beta=0) == pytest.approx(PARTS.image)


def test_pdv_with_alpha_and_beta_one_is_the_target_text() -> None:
    assert pdv(PARTS, alpha=1, beta=1) == pytest.approx(PARTS.target)


def test_pdv_mixes_as_the_paper_says() -> None:
    """(1 - b) v + b t0 + a (tc - t0), normalised once at the end."""
    expected = np.asarray([0.25, 0.75 - 1.4, 1.4, 0]) / np.linalg.norm([0.25, 0.75 - 1.4, 1.4])
    assert pdv(PARTS, alpha=1.4, beta=0.75) == pytest.approx(expected, abs=1e-6)


@given(
    alpha=st.floats(-3, 3),
    beta=st.floats(0, 1),
    seed=st.integers(0, 2**32 - 1),
)
def test_pdv_is_the_papers_two_branch_form_with_one_alpha(alpha: float, beta: float, seed: int) -> None:
    v, t0, tc = (unit(row) for row in np.random.default_rng(seed).normal(size=(3, 8)).astype(np.float32))
    direction = tc - t0
    fused = (1 - beta) * (v + alpha * direction) + beta * (t0 + alpha * direction)
    if np.linalg.norm(fused) > 1e-2:
        assert pdv(PdvParts(v, t0, tc), alpha, beta) == pytest.approx(fused / np.linalg.norm(fused), abs=1e-3)


def test_the_direction_of_equal_texts_has_no_length() -> None:
    assert PdvParts(axis(0), axis(1), axis(1)).direction_length == 0
    assert PARTS.direction_length == pytest.approx(np.sqrt(2))


def test_negative_weights_repel() -> None:
    mixed = weighted_sum([axis(0), axis(1)], [1.0, -1.0])
    assert mixed @ axis(1) < 0 < mixed @ axis(0)


def test_weights_that_cancel_are_refused() -> None:
    with pytest.raises(CompositionError):
        weighted_sum([axis(0), axis(0)], [1.0, -1.0])


@pytest.mark.parametrize("weight", [1e38, 1e300])
def test_weights_beyond_float32_are_refused_without_a_numpy_warning(weight: float) -> None:
    with pytest.raises(CompositionError, match="around 1"):
        weighted_sum([axis(0), axis(0)], [weight, weight])
    with pytest.raises(CompositionError, match="around 1"):
        pdv(PARTS, alpha=weight * 10, beta=0.5)


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
def test_a_product_of_both_is_their_weighted_sum(weight: float) -> None:
    expected = unit(np.float32(weight) * axis(0) + np.float32(1 - weight) * axis(1))
    assert product(axis(0), axis(1), weight) == pytest.approx(expected)


def test_a_product_of_one_is_that_one_whatever_the_weight() -> None:
    assert product(axis(0), None, 0.0) == pytest.approx(axis(0))
    assert product(None, axis(1), 1.0) == pytest.approx(axis(1))


def test_a_product_of_nothing_is_refused() -> None:
    with pytest.raises(CompositionError, match="picture, a text"):
        product(None, None, 0.5)
