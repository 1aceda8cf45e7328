"""Runs batches in a supervised encoder process, and finds out in a second one whose fault a crash was."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import repeat
from typing import TypeAlias

import msgspec
import numpy as np

from models.errors import ModelError
from models.manifest import Manifest
from service.encoders.role import EncodeCall, EncodedBatch, EncoderGreeting
from service.errors import EncoderCrashedError, EncoderFailedError, InputQuarantinedError, ShuttingDownError
from service.processes import (
    ProcessClosedError,
    ProcessCrashedError,
    ProcessUnavailableError,
    RemoteError,
)
from service.processes.frames import Buffer, Frame
from service.processes.quarantine import Quarantine, key_of
from service.processes.supervised import SupervisedProcess
from service.queue.port import Content, Encoded
from service.remote_errors import raised_there

_CRASHED = "the encoder died during this work and is being started again: try again"
_AWAY = "the encoder is being started again: try again"
_REFUSED = "this very input crashed the encoder twice on its own; it is refused for a while: leave it out"

Call: TypeAlias = tuple[bytes, Sequence[Buffer]]


class ChildRunner:
    """Adapter of `Runner`. Owns both processes, which its maker may have started already."""

    def __init__(
        self,
        encoder: SupervisedProcess,
        canary: SupervisedProcess,
        quarantine: Quarantine,
        *,
        start_s: float,
        limit_s: float,
        wait_s: float,
    ) -> None:
        """`start_s`: time for the models to load; `limit_s`: for one batch; `wait_s`: for a process to be there.

        Raises: RemoteError, ProcessError when the encoder cannot start; both processes are closed then.
        """
        self._encoder = encoder
        self._canary = canary
        self._quarantine = quarantine
        self._limit_s = limit_s
        self._wait_s = wait_s
        self._alone = threading.Lock()
        self.manifests: Mapping[str, Manifest] = _manifests(encoder.greeting(start_s))
        """By name; with the precision that really runs."""

    @property
    def encoder_pid(self) -> int | None:
        """Of the process that runs batches; None while there is none."""
        return self._encoder.pid

    def run(self, model: str, contents: Sequence[Content]) -> Sequence[Encoded]:
        """A content that was there when an encoder crashed never comes near the encoder of the others again until
        it was answered alone: for it this raises EncoderCrashedError at once.
        """
        self._keep_away(model, contents)
        with _as_service_errors():
            try:
                return self._batch(self._encoder, model, contents)
            except ProcessCrashedError as exc:
                for content in contents:
                    self._quarantine.suspect(self._key(model, content))
                raise EncoderCrashedError(_CRASHED) from exc

    def run_alone(self, model: str, content: Content) -> Encoded:
        if not self._alone.acquire(timeout=self._wait_s):
            raise EncoderCrashedError(_AWAY)
        try:
            with _as_service_errors():
                return self._alone_until_sure(model, content)
        finally:
            self._alone.release()

    def refuse_quarantined(self, model: str, content: Content) -> None:
        if not self._quarantine.is_empty and self._quarantine.holds(self._key(model, content)):
            raise InputQuarantinedError(_REFUSED)

    def close(self) -> None:
        for process in (self._encoder, self._canary):
            process.close()

    def _keep_away(self, model: str, contents: Sequence[Content]) -> None:
        if self._quarantine.is_empty:
            return
        for content in contents:
            self.refuse_quarantined(model, content)
            if self._quarantine.suspects(self._key(model, content)):
                raise EncoderCrashedError(_CRASHED)

    def _alone_until_sure(self, model: str, content: Content) -> Encoded:
        """Ends: each crash is a strike, and the quarantine holds after the second one."""
        while True:
            self.refuse_quarantined(model, content)
            try:
                (answer,) = self._batch(self._canary, model, [content])
            except ProcessCrashedError as exc:
                if self._quarantine.strike(self._key(model, content)):
                    raise InputQuarantinedError(_REFUSED) from exc
            else:
                self._quarantine.acquit(self._key(model, content))
                return answer

    def _batch(self, process: SupervisedProcess, model: str, contents: Sequence[Content]) -> Sequence[Encoded]:
        head, body = _call(model, contents)
        frame = process.call(head, body, limit_s=self._limit_s, wait_s=self._wait_s)
        return _answers(frame)

    def _key(self, model: str, content: Content) -> bytes:
        manifest = self.manifests[model]
        if isinstance(content, str):
            return key_of(f"{manifest.text.fingerprint}|{manifest.precision}|text", _utf8(content))
        return key_of(f"{manifest.image.fingerprint}|{manifest.precision}|pixels", np.ascontiguousarray(content))


def _call(model: str, contents: Sequence[Content]) -> Call:
    texts = [_utf8(content) for content in contents if isinstance(content, str)]
    if texts:
        return msgspec.msgpack.encode(EncodeCall(model, texts)), ()
    pixels = [np.ascontiguousarray(content, dtype=np.uint8) for content in contents]
    shapes = {one.shape for one in pixels}
    if len(shapes) != 1:
        raise EncoderFailedError("the pictures of one batch must be of one size")
    (height, width, channels) = shapes.pop()
    return msgspec.msgpack.encode(EncodeCall(model, None, (len(pixels), height, width, channels))), pixels


def _answers(frame: Frame) -> Sequence[Encoded]:
    notes = msgspec.msgpack.decode(frame.head, type=EncodedBatch)
    vectors = np.frombuffer(frame.body, dtype=np.float32).reshape(notes.rows, -1)
    counts = notes.token_counts or repeat(0, notes.rows)
    truncated = notes.truncated or repeat(False, notes.rows)
    # A copy: a vector that is kept must not keep its whole batch.
    return [Encoded(*row) for row in zip((one.copy() for one in vectors), counts, truncated, strict=True)]


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _manifests(greeting: bytes) -> Mapping[str, Manifest]:
    said = msgspec.msgpack.decode(greeting, type=EncoderGreeting)
    manifests = [Manifest.model_validate_json(one) for one in said.manifests]
    return {manifest.name: manifest for manifest in manifests}


@contextmanager
def _as_service_errors() -> Iterator[None]:
    try:
        yield
    except RemoteError as exc:
        raise _translated(exc) from exc
    except ProcessClosedError as exc:
        raise ShuttingDownError("the service is shutting down: try another one") from exc
    except ProcessUnavailableError as exc:
        raise EncoderCrashedError(_AWAY) from exc


def _translated(error: RemoteError) -> Exception:
    """A bad input keeps its class; whatever else an engine raised is its failure."""
    known = raised_there(error)
    if isinstance(known, ModelError):
        return known
    return EncoderFailedError("the model could not encode this input: leave it out; the error was logged")
