"""Decodes in supervised child processes: a picture that ends its decoder fails alone."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec
import numpy as np

from index.types import PicturePolicy
from models.arrays import Pixels
from models.errors import PictureUnreadableError
from models.pictures import Box, Preprocessing
from service.decode.pictures import KeptPicture
from service.decode.role import DecodeCall, DecodedPicture
from service.errors import InputQuarantinedError, OverloadedError, ShuttingDownError
from service.processes import (
    ProcessClosedError,
    ProcessCrashedError,
    ProcessOverrunError,
    ProcessUnavailableError,
    RemoteError,
)
from service.processes.frames import Frame
from service.processes.quarantine import Quarantine, key_of
from service.processes.supervised import SupervisedProcess
from service.remote_errors import raised_there

_CONTEXT = "picture"
_REFUSED = "these very bytes ended the picture decoder twice; they are refused for a while: leave the picture out"
_BUSY = "every picture decoder is busy: try again in a second"
_STARTING = "the picture decoders are being started again: try again"
_LOOK_S = 0.02
"""So often is looked whether a free decoder has been started again."""


class DecodePool:
    """Adapter of `PictureWork`. One call at a time for each process."""

    def __init__(self, processes: Sequence[SupervisedProcess], quarantine: Quarantine, limit_s: float) -> None:
        """`limit_s`: time for one picture."""
        self._all = tuple(processes)
        self._free = list(processes)
        self._changed = threading.Condition()
        self._quarantine = quarantine
        self._limit_s = limit_s

    @property
    def pids(self) -> Sequence[int]:
        """Of the decoders that there are now."""
        return [pid for process in self._all if (pid := process.pid) is not None]

    @property
    def free(self) -> int:
        """Decoders that nobody uses."""
        return len(self._free)

    def pixels(self, data: bytes, spec: Preprocessing, box: Box | None, wait_s: float) -> Pixels:
        frame = self._answered(DecodeCall(spec, box), data, wait_s)
        side = _notes(frame).side or 0
        return np.frombuffer(frame.body, dtype=np.uint8).reshape(side, side, 3)

    def keep(self, data: bytes, spec: Preprocessing, policy: PicturePolicy, wait_s: float) -> KeptPicture:
        return _kept(self._answered(DecodeCall(spec, None, policy), data, wait_s), data)

    def thumbnail(self, data: bytes, wait_s: float) -> bytes:
        return bytes(self._answered(DecodeCall(None), data, wait_s).body)

    def close(self) -> None:
        for process in self._all:
            process.close()

    def _answered(self, call: DecodeCall, data: bytes, wait_s: float) -> Frame:
        """A crash may have another reason than the picture, so it gets a second, fresh decoder."""
        head, end = msgspec.msgpack.encode(call), time.monotonic() + wait_s
        while True:
            self._refuse_quarantined(data)
            try:
                with self._leased(end - time.monotonic()) as process:
                    return process.call(head, [data], limit_s=self._limit_s, wait_s=end - time.monotonic())
            except RemoteError as exc:
                raise raised_there(exc) from exc
            except ProcessClosedError as exc:
                raise ShuttingDownError("the service is shutting down: try another one") from exc
            except ProcessUnavailableError as exc:
                raise OverloadedError(_STARTING, 1) from exc
            except ProcessOverrunError as exc:
                self._strike(data, exc)
                raise PictureUnreadableError(
                    f"the picture was not decoded within {self._limit_s:g} s: send a smaller or simpler copy"
                ) from exc
            except ProcessCrashedError as exc:
                self._strike(data, exc)

    def _refuse_quarantined(self, data: bytes) -> None:
        if not self._quarantine.is_empty and self._quarantine.holds(key_of(_CONTEXT, data)):
            raise InputQuarantinedError(_REFUSED)

    def _strike(self, data: bytes, error: ProcessCrashedError) -> None:
        if self._quarantine.strike(key_of(_CONTEXT, data)):
            raise InputQuarantinedError(_REFUSED) from error

    def _ready(self) -> SupervisedProcess | None:
        ready = next((one for one in reversed(self._free) if one.is_ready), None)
        if ready is None and self._free and all(one.is_given_up for one in self._all):
            return self._free[-1]
        return ready

    @contextmanager
    def _leased(self, wait_s: float) -> Iterator[SupervisedProcess]:
        """A ready process of one's own. Where all are given up, one of them: it says what is wrong."""
        end = time.monotonic() + wait_s
        with self._changed:
            while (process := self._ready()) is None:
                left_s = end - time.monotonic()
                if left_s <= 0.0:
                    raise OverloadedError(_STARTING if self._free else _BUSY, 1)
                self._changed.wait(min(left_s, _LOOK_S))
            self._free.remove(process)
        try:
            yield process
        finally:
            with self._changed:
                self._free.append(process)
                self._changed.notify()


def _notes(frame: Frame) -> DecodedPicture:
    return msgspec.msgpack.decode(frame.head, type=DecodedPicture)


def _kept(frame: Frame, data: bytes) -> KeptPicture:
    notes = _notes(frame)
    side = notes.side or 0
    area, body = side * side * 3, memoryview(frame.body)
    pixels = np.frombuffer(body[:area], dtype=np.uint8).reshape(side, side, 3)
    copy = bytes(body[area : area + (notes.kept or 0)]) or data
    thumbnail = bytes(body[area + (notes.kept or 0) :])
    return KeptPicture(pixels, None if notes.kept is None else copy, None if notes.thumbnail is None else thumbnail)
