"""The codec of the encode queue: what goes in comes out, old bytes stay readable, and no bytes crash it."""

import contextlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import TextError
from service.errors import (
    CodecError,
    DeadlineExceededError,
    EncoderFailedError,
    InputQuarantinedError,
    OverloadedError,
    ShuttingDownError,
)
from service.queue import Encoded
from service.queue.codec import CLASSES, Task, decode_answer, decode_task, encode_answer, encode_task

TEXT = Task("tiny", "b1", "red shoe", 1500, 30)
GOLDEN_TEXT = bytes.fromhex("0197a474696e79a26231cd05dc1ec4087265642073686f6500c400")
GOLDEN_PICTURE = bytes.fromhex("0197a474696e79a262310500c001c403010203")
GOLDEN_VECTOR = bytes.fromhex("019400c4080000803f000000bf02c3")
GOLDEN_FAILURE = bytes.fromhex("019401aa746578745f656d707479a5656d70747900")


@given(st.text(), st.integers(0, 2**53), st.integers(0, 2**53))
def test_a_text_comes_out_as_it_went_in(text: str, budget_ms: int, cost_us: int) -> None:
    task = Task("tiny", "b1", text, budget_ms, cost_us)
    assert decode_task(encode_task(task)) == task


def test_a_lone_surrogate_travels() -> None:
    assert decode_task(encode_task(Task("tiny", "", "a\ud800b", 1))).content == "a\ud800b"


def test_pixels_come_out_as_they_went_in_even_where_they_are_a_view() -> None:
    pixels = np.arange(5 * 4 * 3 * 2, dtype=np.uint8).reshape(5, 4, 6)[1:, :, ::2]
    content = decode_task(encode_task(Task("tiny", "b1", pixels, 10))).content
    assert isinstance(content, np.ndarray) and content.dtype == np.uint8
    np.testing.assert_array_equal(content, pixels)


def test_a_picture_costs_its_pixels_and_little_more() -> None:
    pixels = np.zeros((224, 224, 3), dtype=np.uint8)
    assert len(encode_task(Task("starter", "b1", pixels, 10_000))) < pixels.size + 64


def test_a_vector_comes_out_as_it_went_in() -> None:
    vector = np.random.default_rng(0).normal(size=512).astype(np.float32)
    answer = decode_answer(encode_answer(Encoded(vector, 7, True)))
    assert isinstance(answer, Encoded)
    np.testing.assert_array_equal(answer.vector, vector)
    assert answer.vector.dtype == np.float32 and (answer.token_count, answer.is_truncated) == (7, True)


@pytest.mark.parametrize("kind", CLASSES.values(), ids=lambda kind: kind.__name__)
def test_an_error_keeps_its_class_and_its_sentence(kind: type[Exception]) -> None:
    answer = decode_answer(encode_answer(kind("what to do")))
    assert (type(answer), str(answer)) == (kind, "what to do")


def test_an_overload_keeps_its_guess() -> None:
    answer = decode_answer(encode_answer(OverloadedError("full", 7)))
    assert isinstance(answer, OverloadedError) and answer.retry_after_s == 7


def test_an_error_that_may_not_travel_shows_nothing_of_its_inside() -> None:
    answer = decode_answer(encode_answer(RuntimeError("secret")))
    assert isinstance(answer, EncoderFailedError) and "secret" not in str(answer)


def test_every_error_of_the_port_may_travel() -> None:
    for kind in (DeadlineExceededError, EncoderFailedError, InputQuarantinedError, ShuttingDownError, TextError):
        assert kind in CLASSES.values()


def test_golden_bytes() -> None:
    """Bytes of version 1: releases that differ in them do not understand each other, and need another version."""
    pixel = np.array([[[1, 2, 3]]], dtype=np.uint8)
    assert encode_task(TEXT) == GOLDEN_TEXT
    assert encode_task(Task("tiny", "b1", pixel, 5)) == GOLDEN_PICTURE
    assert encode_answer(Encoded(np.array([1.0, -0.5], dtype=np.float32), 2, True)) == GOLDEN_VECTOR
    assert encode_answer(TextError("empty")) == GOLDEN_FAILURE


def test_a_later_release_may_append_a_field() -> None:
    assert decode_task(bytes([1, 0x99]) + GOLDEN_TEXT[2:] + b"\xa0\x05") == TEXT


def test_a_trace_travels_and_an_earlier_release_reads_past_it() -> None:
    """What is not traced goes without the field, as it did before there was one."""
    sent = encode_task(replace(TEXT, trace="00-ab-cd-01"))
    assert sent == bytes([1, 0x98]) + GOLDEN_TEXT[2:] + b"\xab00-ab-cd-01"
    assert decode_task(sent) == replace(TEXT, trace="00-ab-cd-01")
    assert decode_task(GOLDEN_TEXT).trace == ""


def test_a_trace_that_is_too_long_is_no_task() -> None:
    with pytest.raises(CodecError):
        decode_task(encode_task(replace(TEXT, trace="0" * 129)))


@pytest.mark.parametrize("decode", [decode_task, decode_answer])
def test_another_version_is_named(decode: object) -> None:
    with pytest.raises(CodecError, match=r"version 9 .* version 1"):
        decode(b"\x09" + GOLDEN_TEXT[1:])  # type: ignore[operator]


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_give_a_message_or_a_typed_error(data: bytes, has_version: bool) -> None:
    for decode in (decode_task, decode_answer):
        with contextlib.suppress(CodecError):
            decode(b"\x01" + data if has_version else data)


@given(st.sampled_from([GOLDEN_TEXT, GOLDEN_PICTURE, GOLDEN_VECTOR, GOLDEN_FAILURE]), st.data())
def test_damaged_messages_give_a_message_or_a_typed_error(message: bytes, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(message) - 1))
    damaged = bytearray(message[: data.draw(st.integers(position + 1, len(message)))])
    damaged[position] = data.draw(st.integers(0, 255))
    for decode in (decode_task, decode_answer):
        with contextlib.suppress(CodecError):
            decode(bytes(damaged))
