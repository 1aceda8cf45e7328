"""Thumbnails, working copies and digests."""

import asyncio
import io
from threading import Event

import numpy as np
import pytest
from PIL import Image

from index.types import PicturePolicy
from models.errors import PictureTooLargeError
from models.pictures import PictureLimits, Preprocessing, decode_pixels
from service.decode import KeptPicture, WorkHere, content_digest, kept_picture, webp
from service.decode.decoder import Decoder
from service.errors import DeadlineExceededError
from service.metrics import Metrics
from service.pacing import Threads, Turns
from service.types import Deadline
from tests.fakes.pictures import encoded, picture

SPEC = Preprocessing(32, "crop")
LIMITS = PictureLimits()


def size_of(data: bytes | None) -> tuple[int, int]:
    assert data is not None
    with Image.open(io.BytesIO(data)) as opened:
        return opened.size


@pytest.mark.parametrize(
    ("size", "policy", "kept_size"),
    [
        ((1000, 400), "original", (1000, 400)),
        ((1000, 400), "working_copy", (512, 205)),
        ((300, 400), "working_copy", (300, 400)),
    ],
)
def test_the_policy_decides_what_is_kept(
    size: tuple[int, int], policy: PicturePolicy, kept_size: tuple[int, int]
) -> None:
    made = kept_picture(picture(size=size), SPEC, policy, LIMITS)
    assert size_of(made.kept) == kept_size
    assert max(size_of(made.thumbnail)) == min(320, max(size))


def test_nothing_is_kept_where_nothing_may_be() -> None:
    made = kept_picture(picture(), SPEC, "none", LIMITS)
    assert (made.kept, made.thumbnail) == (None, None)
    assert made.pixels.shape == (32, 32, 3)


@pytest.mark.parametrize("policy", ["original", "working_copy"])
def test_the_pixels_are_those_of_what_is_kept(policy: PicturePolicy) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (300, 700, 3), dtype=np.uint8))
    made = kept_picture(encoded(noise, "PNG"), SPEC, policy, LIMITS)
    assert made.kept is not None
    assert (decode_pixels(made.kept, SPEC) == made.pixels).all()


def test_a_thumbnail_of_a_cut_out_stands_on_white() -> None:
    data = encoded(Image.new("RGBA", (50, 50), (0, 0, 0, 0)), "PNG")
    thumbnail = kept_picture(data, SPEC, "original", LIMITS).thumbnail
    assert thumbnail is not None
    with Image.open(io.BytesIO(thumbnail)) as opened:
        assert np.asarray(opened.convert("RGB")).min() > 250


def test_small_pictures_are_not_scaled_up_and_long_ones_keep_a_pixel() -> None:
    assert size_of(webp(Image.new("RGB", (5, 3)), 320, 80)) == (5, 3)
    assert size_of(webp(Image.new("RGB", (4000, 1)), 320, 80)) == (320, 1)


async def test_the_decoder_passes_errors_and_limits_on() -> None:
    threads = Threads("decode", 1, 4)
    metrics = Metrics()
    decoder = Decoder(threads, WorkHere(PictureLimits(max_bytes=10)), Turns(1, 0, 4), metrics)
    with pytest.raises(PictureTooLargeError):
        await decoder.pixels(picture(), SPEC, None, Deadline.after(30))
    labels = {"what": "pixels", "reason": "picture_too_large"}
    assert metrics.registry.get_sample_value("lookalike_decode_failures_total", labels) == 1
    threads.close()


class SlowWork(WorkHere):
    """Keeps a picture only when the test lets it."""

    def __init__(self) -> None:
        super().__init__(LIMITS)
        self.begun, self.go_on = Event(), Event()

    def keep(self, data: bytes, spec: Preprocessing, policy: PicturePolicy, wait_s: float) -> KeptPicture:
        self.begun.set()
        assert self.go_on.wait(30)
        return super().keep(data, spec, policy, wait_s)


async def test_pictures_of_items_leave_a_thread_to_searches() -> None:
    threads, work = Threads("decode", 2, 8), SlowWork()
    metrics = Metrics()
    decoder = Decoder(threads, work, Turns(2, 1, 8), metrics)
    soon = Deadline.after(30)
    keeping = [asyncio.ensure_future(decoder.keep(picture(), SPEC, "none", soon)) for _ in range(3)]
    try:
        assert await asyncio.to_thread(work.begun.wait, 30)
        assert (await decoder.pixels(picture(), SPEC, None, soon)).shape == (32, 32, 3)
        assert not any(one.done() for one in keeping)
        counted = metrics.registry.get_sample_value
        assert counted("lookalike_decode_waiting", {"lane": "bulk"}) == 2
        assert counted("lookalike_decode_wait_seconds_count", {"lane": "interactive"}) == 1
    finally:
        work.go_on.set()
        await asyncio.gather(*keeping)
        threads.close()


async def test_a_caller_that_left_frees_no_turn_before_its_work_is_done() -> None:
    threads, work = Threads("decode", 2, 8), SlowWork()
    metrics = Metrics()
    decoder = Decoder(threads, work, Turns(1, 0, 8), metrics)
    soon = Deadline.after(30)
    left = asyncio.ensure_future(decoder.keep(picture(), SPEC, "none", soon))
    assert await asyncio.to_thread(work.begun.wait, 30)
    left.cancel()
    with pytest.raises(asyncio.CancelledError):
        await left
    labels = {"what": "keep", "reason": "abandoned"}
    assert metrics.registry.get_sample_value("lookalike_decode_failures_total", labels) == 1
    with pytest.raises(DeadlineExceededError):
        await decoder.pixels(picture(), SPEC, None, Deadline.after(0.01))
    work.go_on.set()
    assert (await decoder.pixels(picture(), SPEC, None, soon)).shape == (32, 32, 3)
    threads.close()


def test_a_digest_tells_parts_and_their_borders_apart() -> None:
    texts = [("a", "b"), ("ab", None), (None, "ab"), ("ab", ""), ("", "ab"), ("ab",), ("a", "b", None)]
    assert len({content_digest(*parts) for parts in texts}) == len(texts)
    assert content_digest("a", b"b") == content_digest(b"a", "b")
