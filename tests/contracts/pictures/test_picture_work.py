"""What everybody does who makes something of a picture's bytes, wherever that happens."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PIL import Image

from index.types import PicturePolicy
from models.errors import BoxError, PictureTooLargeError, PictureUnreadableError
from models.pictures import Box, Preprocessing, decode_pixels
from service.decode import PictureWork, WorkHere, kept_picture
from tests.contracts.pictures.children import LIMITS, decode_pool
from tests.fakes.pictures import encoded, picture

SPEC = Preprocessing(32, "crop")
LONG_S = 60.0


def work_here() -> PictureWork:
    return WorkHere(LIMITS)


@pytest.fixture(scope="module", params=[work_here, decode_pool])
def work(request: pytest.FixtureRequest) -> Iterator[PictureWork]:
    make: Callable[[], PictureWork] = request.param
    made = make()
    yield made
    made.close()
    made.close()


@pytest.fixture(scope="module")
def noise() -> bytes:
    return encoded(Image.fromarray(np.random.default_rng(0).integers(0, 255, (300, 700, 3), dtype=np.uint8)), "PNG")


@pytest.mark.parametrize("box", [None, Box(0.1, 0.2, 0.5, 0.5)])
@pytest.mark.parametrize("fit", ["pad", "crop", "squash"])
def test_pixels_are_those_of_the_one_implementation(work: PictureWork, noise: bytes, fit: str, box: Box | None) -> None:
    spec = Preprocessing(32, fit, "bicubic", (1, 2, 3))  # type: ignore[arg-type]
    pixels = work.pixels(noise, spec, box, LONG_S)
    assert pixels.dtype == np.uint8
    assert (pixels == decode_pixels(noise, spec, box, LIMITS)).all()


@pytest.mark.parametrize("policy", ["original", "working_copy", "none"])
def test_what_is_kept_is_kept(work: PictureWork, noise: bytes, policy: PicturePolicy) -> None:
    kept, expected = work.keep(noise, SPEC, policy, LONG_S), kept_picture(noise, SPEC, policy, LIMITS)
    assert (kept.pixels == expected.pixels).all()
    assert (kept.kept, kept.thumbnail) == (expected.kept, expected.thumbnail)


def test_a_thumbnail_is_a_webp(work: PictureWork, noise: bytes) -> None:
    assert work.thumbnail(noise, LONG_S)[8:12] == b"WEBP"


def test_errors_keep_their_class_and_words(work: PictureWork) -> None:
    with pytest.raises(PictureUnreadableError, match="no bytes"):
        work.pixels(b"", SPEC, None, LONG_S)
    with pytest.raises(PictureUnreadableError):
        work.thumbnail(picture()[:100], LONG_S)
    with pytest.raises(PictureTooLargeError, match="at most"):
        work.keep(picture(size=(1001, 1000)), SPEC, "none", LONG_S)
    with pytest.raises(BoxError):
        work.pixels(picture(), SPEC, Box(0.5, 0.5, 2.0, 2.0), LONG_S)
