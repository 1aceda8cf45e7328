"""Requests and answers of the encode queue as bytes: one version byte, then msgpack arrays. No pickle, no float pixels.

A later version may append fields to an array (readers skip what they do not know); whatever else changes
raises `VERSION`. Owns the wire codes of errors. Knows no transport.
"""

from dataclasses import dataclass
from typing import Annotated, TypeAlias

import msgspec
import numpy as np

import models.errors as model
import service.errors as service
from service.queue.port import Content, Encoded

VERSION = 1
_HEAD = bytes([VERSION])

EncodeError: TypeAlias = service.ServiceError | model.ModelError
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Side: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=8192)]
Trace: TypeAlias = Annotated[str, msgspec.Meta(max_length=128)]

_TRAVEL: tuple[type[EncodeError], ...] = (
    service.CodecError,
    service.OverloadedError,
    service.ShuttingDownError,
    service.NotReadyError,
    service.DeadlineExceededError,
    service.TextTooLongError,
    service.ModelNotFoundError,
    service.EncoderFailedError,
    service.EncoderCrashedError,
    service.InputQuarantinedError,
    model.BundleError,
    model.PictureError,
    model.PictureUnreadableError,
    model.PictureTooLargeError,
    model.BoxError,
    model.TextError,
    model.NoTextTowerError,
)
CLASSES: dict[str, type[EncodeError]] = {service.entry_for(kind("")).code: kind for kind in _TRAVEL}
"""Wire code to error class: the codes that clients see in problems."""


@dataclass(frozen=True)
class Task:
    """One input to encode, as it travels to a worker."""

    model: str
    bundle: str
    """Identity of the model's bundle (`bundle_identity`): a worker with another one must not answer."""
    content: Content
    budget_ms: int
    """Time left until the deadline when the task was sent."""
    cost_us: int = 0
    """What the sender booked for it in the backlog."""
    trace: str = ""
    """W3C `traceparent` of the span that sent it; "" where it is not traced."""


class _Task(msgspec.Struct, array_like=True, frozen=True):
    model: str
    bundle: str
    budget_ms: Count
    cost_us: Count
    text: bytes | None
    side: Side
    pixels: bytes


class _TracedTask(_Task, frozen=True):
    trace: Trace = ""


class _Vector(msgspec.Struct, array_like=True, frozen=True, tag=0):
    vector: bytes
    token_count: Count
    is_truncated: bool


class _Failure(msgspec.Struct, array_like=True, frozen=True, tag=1):
    code: str
    message: str
    retry_after_s: Count = 0


_pack = msgspec.msgpack.Encoder().encode
_unpack_task = msgspec.msgpack.Decoder(_TracedTask).decode
_unpack_answer = msgspec.msgpack.Decoder(_Vector | _Failure).decode


def encode_task(task: Task) -> bytes:
    """Texts keep lone surrogates, so that both transports hand the same text to the model."""
    text, side, pixels = None, 0, b""
    if isinstance(task.content, str):
        text = task.content.encode("utf-8", "surrogatepass")
    else:
        side, pixels = task.content.shape[0], np.ascontiguousarray(task.content, dtype=np.uint8).tobytes()
    fields = (task.model, task.bundle, task.budget_ms, task.cost_us, text, side, pixels)
    return _HEAD + _pack(_TracedTask(*fields, task.trace) if task.trace else _Task(*fields))


def decode_task(data: bytes) -> Task:
    """Raises CodecError on any bytes that `encode_task` did not make."""
    body = _body(data)
    try:
        raw = _unpack_task(body)
        return Task(raw.model, raw.bundle, _content(raw), raw.budget_ms, raw.cost_us, raw.trace)
    except (msgspec.MsgspecError, UnicodeError) as exc:
        raise service.CodecError(f"not a task of the encode queue: {exc}") from exc


def encode_answer(answer: Encoded | Exception) -> bytes:
    """A vector, or the wire code and sentence of an error. What may not travel becomes EncoderFailedError."""
    if isinstance(answer, Encoded):
        vector = np.ascontiguousarray(answer.vector, dtype="<f4").tobytes()
        return _HEAD + _pack(_Vector(vector, answer.token_count, answer.is_truncated))
    code = service.entry_for(answer).code
    if code not in CLASSES:
        failed = service.EncoderFailedError("the model could not encode this input: the worker logged the error")
        return encode_answer(failed)
    wait_s = answer.retry_after_s if isinstance(answer, service.OverloadedError) else 0
    return _HEAD + _pack(_Failure(code, str(answer), wait_s))


def decode_answer(data: bytes) -> Encoded | EncodeError:
    """The vector float32 [d], or the error to raise. Raises CodecError on any other bytes."""
    body = _body(data)
    try:
        raw = _unpack_answer(body)
    except (msgspec.MsgspecError, UnicodeError) as exc:  # msgspec lets bad UTF-8 through as what it is
        raise service.CodecError(f"not an answer of the encode queue: {exc}") from exc
    if isinstance(raw, _Failure):
        return _error(raw)
    if not raw.vector or len(raw.vector) % 4:
        raise service.CodecError(f"not an answer of the encode queue: a vector of {len(raw.vector)} bytes")
    vector = np.frombuffer(raw.vector, dtype="<f4").astype(np.float32, copy=False)
    return Encoded(vector, raw.token_count, raw.is_truncated)


def _body(data: bytes) -> memoryview:
    if not data:
        raise service.CodecError("an empty message in the encode queue")
    if data[0] != VERSION:
        raise service.CodecError(
            f"a message of version {data[0]} of the encode queue met a process that speaks version {VERSION}: "
            "run the same release of lookalike everywhere"
        )
    return memoryview(data)[1:]


def _content(raw: _Task) -> Content:
    if raw.text is not None:
        return raw.text.decode("utf-8", "surrogatepass")
    if raw.side == 0 or len(raw.pixels) != raw.side * raw.side * 3:
        raise service.CodecError(
            f"not a task of the encode queue: {len(raw.pixels)} bytes for pixels of side {raw.side}"
        )
    return np.frombuffer(raw.pixels, dtype=np.uint8).reshape(raw.side, raw.side, 3)


def _error(raw: _Failure) -> EncodeError:
    kind = CLASSES.get(raw.code, service.EncoderFailedError)
    if issubclass(kind, service.OverloadedError):
        return kind(raw.message, max(1, raw.retry_after_s))
    return kind(raw.message)
