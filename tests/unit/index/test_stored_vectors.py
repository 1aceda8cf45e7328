"""Vectors to float16 and back."""

import numpy as np
import pytest

from index.errors import SpaceMismatchError, VectorError
from index.stored_vectors import STORED, decode, encode, unit, widen


def test_a_stored_vector_keeps_its_direction_and_has_unit_length() -> None:
    raw = np.random.default_rng(0).standard_normal(512) * 1e5
    vector = unit(raw, 512, "it")
    (stored,) = decode([encode(vector)], 512)
    assert len(encode(vector)) == 1024
    assert np.vecdot(stored, vector) == pytest.approx(1, abs=1e-6)
    assert np.linalg.norm(stored) == pytest.approx(1, abs=1e-6)


def test_the_largest_and_the_smallest_float32_are_vectors() -> None:
    for scale in (3e38, 1e-20):
        assert np.linalg.norm(unit(np.full(64, scale, dtype=np.float32), 64, "it")) == pytest.approx(1, abs=1e-6)


def test_encoding_what_was_decoded_changes_nothing() -> None:
    blob = encode(unit(np.random.default_rng(1).standard_normal(64), 64, "it"))
    again = encode(unit(decode([blob], 64)[0], 64, "it"))
    assert np.abs(np.frombuffer(blob, "<f2").astype(float) - np.frombuffer(again, "<f2")).max() < 1e-3


@pytest.mark.parametrize("shape", [(), (0,), (3,), (1, 4), (5,)])
def test_another_shape_is_another_space(shape: tuple[int, ...]) -> None:
    with pytest.raises(SpaceMismatchError):
        unit(np.ones(shape), 4, "it")


@pytest.mark.parametrize("value", [0.0, 1e-40, np.nan, np.inf, -np.inf])
def test_what_has_no_direction_is_refused(value: float) -> None:
    with pytest.raises(VectorError):
        unit(np.full(4, value), 4, "it")


def test_every_finite_float16_is_widened_to_the_same_number() -> None:
    every = np.arange(2**16, dtype=np.uint16).view(STORED)
    finite = every[np.isfinite(every)].reshape(2, -1)
    widened = np.empty(finite.shape, np.float32)
    widen(finite, widened)
    assert np.array_equal(widened.view(np.int32), finite.astype(np.float32).view(np.int32))  # the sign of zero, too


def test_no_vectors() -> None:
    assert decode([], 4).shape == (0, 4)
