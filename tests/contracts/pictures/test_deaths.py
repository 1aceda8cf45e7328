"""What the pool does when a picture ends its decoder: real processes, real signals."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import structlog

from models.errors import PictureTooLargeError, PictureUnreadableError
from models.pictures import Preprocessing, decode_pixels
from service.decode.pool import DecodePool
from service.errors import InputQuarantinedError, OverloadedError, ShuttingDownError
from tests.contracts.pictures.children import LIMITS, decode_pool
from tests.fakes.crashing_decoder import CRASH, CRASH_ONCE, HANG
from tests.fakes.pictures import picture

SPEC = Preprocessing(32, "crop")
LONG_S = 60.0


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with structlog.testing.capture_logs():
        yield


@pytest.fixture
def pool() -> Iterator[DecodePool]:
    made = decode_pool(count=2)
    yield made
    made.close()


def test_a_picture_that_crashes_its_decoder_fails_alone_and_is_refused_from_then_on(pool: DecodePool) -> None:
    with ThreadPoolExecutor(4) as threads:
        good = [threads.submit(pool.pixels, picture(), SPEC, None, LONG_S) for _ in range(20)]
        bad = threads.submit(pool.pixels, CRASH, SPEC, None, LONG_S)
        good += [threads.submit(pool.pixels, picture(), SPEC, None, LONG_S) for _ in range(20)]
        with pytest.raises(InputQuarantinedError):
            bad.result(LONG_S)
        expected = decode_pixels(picture(), SPEC, None, LIMITS)
        assert all((one.result(LONG_S) == expected).all() for one in good)
    pids = pool.pids
    for again in (pool.thumbnail, lambda data, wait_s: pool.pixels(data, SPEC, None, wait_s)):
        with pytest.raises(InputQuarantinedError):
            again(CRASH, LONG_S)
    assert pool.pids == pids


def test_who_crashed_it_once_is_decoded_at_the_second_attempt(pool: DecodePool, tmp_path: Path) -> None:
    data = CRASH_ONCE + os.fsencode(tmp_path / "trace") + b"\n" + picture()
    assert pool.pixels(data, SPEC, None, LONG_S).shape == (32, 32, 3)
    assert pool.pixels(data, SPEC, None, LONG_S).shape == (32, 32, 3)


def test_a_picture_that_takes_too_long_is_unreadable_and_the_second_time_refused() -> None:
    pool = decode_pool(limit_s=1.0)
    try:
        with pytest.raises(PictureUnreadableError, match="within 1 s"):
            pool.pixels(HANG, SPEC, None, LONG_S)
        with pytest.raises(InputQuarantinedError):
            pool.pixels(HANG, SPEC, None, LONG_S)
        assert pool.pixels(picture(), SPEC, None, LONG_S).shape == (32, 32, 3)
    finally:
        pool.close()


def test_a_picture_beyond_the_memory_of_its_decoder_is_too_large() -> None:
    pool = decode_pool(max_data_bytes=120_000_000)
    try:
        with pytest.raises(PictureTooLargeError, match="more memory"):
            pool.pixels(picture(size=(1000, 1000)), Preprocessing(6000, "squash"), None, LONG_S)
        assert pool.pixels(picture(), SPEC, None, LONG_S).shape == (32, 32, 3)
    finally:
        pool.close()


def test_killed_from_outside_it_decodes_everything(pool: DecodePool) -> None:
    with ThreadPoolExecutor(4) as threads:
        for round_ in range(3):
            pictures = [picture((round_, n, 7)) for n in range(30)]
            answers = [threads.submit(pool.pixels, one, SPEC, None, LONG_S) for one in pictures]
            for signal_ in (signal.SIGSTOP, signal.SIGKILL):  # at once: nobody's picture moves on to be struck twice
                for pid in pool.pids:
                    os.kill(pid, signal_)
            assert all(answer.result(LONG_S).shape == (32, 32, 3) for answer in answers)


def test_nobody_waits_for_a_decoder_longer_than_he_may() -> None:
    pool = decode_pool()
    try:
        with ThreadPoolExecutor(1) as threads:
            pool.pixels(picture(), SPEC, None, LONG_S)
            hanging = threads.submit(pool.pixels, HANG, SPEC, None, LONG_S)
            while pool.free:
                pass
            with pytest.raises(OverloadedError):
                pool.pixels(picture(), SPEC, None, 0.05)
            pool.close()
            with pytest.raises((ShuttingDownError, InputQuarantinedError)):
                hanging.result(LONG_S)
    finally:
        pool.close()


def test_a_closed_pool_refuses(pool: DecodePool) -> None:
    pool.close()
    with pytest.raises(ShuttingDownError):
        pool.thumbnail(picture(), LONG_S)
