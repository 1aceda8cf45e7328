"""The exact pixels are those of Pillow's own filters, give or take one level, whatever the sizes."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageOps

from models.pictures import Box, Preprocessing, resizing, to_pixels
from models.pictures.resizing import Resample, Window, resize

FILTERS = st.sampled_from(["bilinear", "bicubic", "lanczos"])
FITS = st.sampled_from(["pad", "crop", "squash"])
BOXES = st.sampled_from([None, Box(0, 0, 1, 1), Box(0.25, 0.1, 0.5, 0.6), Box(0.5, 0.5, 0.5, 0.5)])
SIDES = st.integers(1, 180)


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    """The hardest picture: the filters overshoot everywhere."""
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def is_same(one: Image.Image | NDArray[np.uint8], other: Image.Image | NDArray[np.uint8]) -> bool:
    """Within one level. Both passes round, so that on noise a few values are two off: one in 100,000, and one in a
    thousand where a few rows are blown up to many."""
    distance = np.abs(np.asarray(one, dtype=int) - np.asarray(other, dtype=int))
    return distance.max() <= 2 and int((distance == 2).sum()) <= 8 + distance.size // 500


def by_pillow(whole: Image.Image, spec: Preprocessing, box: Box | None) -> NDArray[np.uint8]:
    """The same square with nothing but Pillow: resize all of it, then crop or pad."""
    if box is not None:
        edges = (box.x, box.y, box.x + box.width, box.y + box.height)
        left, top, right, bottom = (round(edge * side) for edge, side in zip(edges, whole.size * 2, strict=True))
        whole = whole.crop((left, top, right, bottom))
    filter_ = Image.Resampling[spec.resample.upper()]
    square = (spec.size, spec.size)
    if spec.fit == "squash":
        return np.asarray(whole.resize(square, filter_))
    if spec.fit == "pad":
        canvas, inside = Image.new("RGB", square, spec.background), ImageOps.contain(whole, square, filter_)
        canvas.paste(inside, ((spec.size - inside.width) // 2, (spec.size - inside.height) // 2))
        return np.asarray(canvas)
    across, down = (spec.size * side // min(whole.size) for side in whole.size)
    left, top = round((across - spec.size) / 2), round((down - spec.size) / 2)
    return np.asarray(whole.resize((across, down), filter_).crop((left, top, left + spec.size, top + spec.size)))


def test_the_fast_library_is_there_where_the_tests_run() -> None:
    """Else the tests below would compare Pillow with itself."""
    assert resizing._fast is not None


@given(SIDES, SIDES, SIDES, SIDES, FILTERS)
def test_any_size_to_any_size(width: int, height: int, across: int, down: int, resample: Resample) -> None:
    whole = noise(width, height)
    assert is_same(resize(whole, (across, down), resample), whole.resize((across, down), _filter(resample)))


@given(SIDES, SIDES, SIDES, SIDES, st.tuples(SIDES, SIDES), st.tuples(SIDES, SIDES), FILTERS)
def test_any_window(
    width: int, height: int, across: int, down: int, start: tuple[int, int], extent: tuple[int, int], resample: Resample
) -> None:
    """A window is what cropping the whole result would give: what lies around it takes part."""
    left, top = start[0] % across, start[1] % down
    window: Window = (left, top, min(across, left + extent[0]), min(down, top + extent[1]))
    whole = noise(width, height)
    expected = whole.resize((across, down), _filter(resample)).crop(window)
    assert is_same(resize(whole, (across, down), resample, window), expected)


@given(st.integers(1, 400), st.integers(1, 400), st.integers(8, 96), FITS, FILTERS, BOXES)
def test_any_square(width: int, height: int, size: int, fit: str, resample: Resample, box: Box | None) -> None:
    # Very long pictures keep their middle only, and of thin ones a line stays: Pillow does neither.
    assume(min(width, height) >= 4 and max(width, height) <= 4 * min(width, height))
    spec = Preprocessing(size, fit, resample, background=(9, 99, 199))  # type: ignore[arg-type]
    whole = noise(width, height)
    assert is_same(to_pixels(whole, spec, box), by_pillow(whole, spec, box))


@pytest.mark.parametrize("resample", ["bilinear", "bicubic", "lanczos"])
@pytest.mark.parametrize("size", [(1024, 768), (768, 1024), (640, 480), (2000, 500), (500, 2000)])
def test_what_is_at_least_halved_is_nowhere_more_than_one_level_off(size: tuple[int, int], resample: Resample) -> None:
    whole = noise(size[0] // 5, size[1] // 5).resize(size, Image.Resampling.BICUBIC)
    small = (size[0] // 3, size[1] // 3)
    found, expected = (
        np.asarray(of, dtype=int) for of in (resize(whole, small, resample), whole.resize(small, _filter(resample)))
    )
    assert np.abs(found - expected).max() <= 1


@pytest.mark.parametrize("size", [(90, 60), (30, 200)])
def test_where_the_fast_library_is_missing_pillow_does_it(
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    whole, window = noise(*size), (3, 4, 18, 20)
    by_library = resize(whole, (20, 24), "bicubic", window)
    monkeypatch.setattr(resizing, "_fast", None)
    by_fallback = resize(whole, (20, 24), "bicubic", window)
    assert is_same(by_fallback, whole.resize((20, 24), Image.Resampling.BICUBIC).crop(window))
    assert is_same(by_fallback, by_library)


def test_a_picture_that_has_its_size_stays_as_it_is() -> None:
    whole = noise(20, 30)
    assert resize(whole, (20, 30), "lanczos").tobytes() == whole.tobytes()


def _filter(resample: str) -> Image.Resampling:
    return Image.Resampling[resample.upper()]
