"""A decoder's child process: one picture at a time, and nothing else in memory that a picture could take along."""

import io
from typing import Literal

import msgspec
import numpy as np
from PIL import Image

from models.errors import PictureTooLargeError
from models.pictures import Box, PictureLimits, Preprocessing
from service.decode.pictures import KeptPicture, WorkHere
from service.processes import Answer

_PROBE = Preprocessing(16)


class DecodeCall(msgspec.Struct, frozen=True, array_like=True):
    """What to make of the picture behind the head: pixels by default."""

    spec: Preprocessing | None
    """None: only a thumbnail."""
    box: Box | None = None
    policy: Literal["original", "working_copy", "none"] | None = None
    """Set: what an item keeps, beside its pixels."""


class DecodedPicture(msgspec.Struct, frozen=True, array_like=True):
    """How the bytes behind the head are divided: pixels, kept copy, thumbnail; None where there is none."""

    side: int | None = None
    kept: int | None = None
    """0 where the bytes that came are kept as they are: they do not travel back."""
    thumbnail: int | None = None


class DecodeRole:
    """See `service.processes.Role`."""

    def __init__(self, arguments: bytes) -> None:
        self._work = WorkHere(msgspec.msgpack.decode(arguments, type=PictureLimits))
        for kind in ("JPEG", "PNG", "WEBP"):
            self._work.pixels(_sample(kind), _PROBE, None, 0)

    def greeting(self) -> bytes:
        return b""

    def answer(self, head: bytearray, body: bytearray) -> Answer:
        try:
            return self._answered(head, body)
        except MemoryError as exc:
            raise PictureTooLargeError(
                "the picture takes more memory than there is for one: send a smaller copy"
            ) from exc

    def _answered(self, head: bytearray, body: bytearray) -> Answer:
        call = msgspec.msgpack.decode(head, type=DecodeCall)
        data = bytes(body)
        if call.spec is None:
            thumbnail = self._work.thumbnail(data, 0)
            return _answer(DecodedPicture(thumbnail=len(thumbnail)), thumbnail)
        if call.policy is None:
            pixels = np.ascontiguousarray(self._work.pixels(data, call.spec, call.box, 0))
            return _answer(DecodedPicture(side=call.spec.size), pixels)
        return _kept(self._work.keep(data, call.spec, call.policy, 0), data)


def _kept(made: KeptPicture, data: bytes) -> Answer:
    copy = b"" if made.kept is None or made.kept is data else made.kept
    kept = None if made.kept is None else len(copy)
    thumbnail = made.thumbnail or b""
    notes = DecodedPicture(len(made.pixels), kept, None if made.thumbnail is None else len(thumbnail))
    return _answer(notes, np.ascontiguousarray(made.pixels), copy, thumbnail)


def _answer(notes: DecodedPicture, *body: object) -> Answer:
    return Answer(msgspec.msgpack.encode(notes), body)


def _sample(kind: str) -> bytes:
    """Loads the decoder's library before the first picture comes, and shows that it works."""
    file = io.BytesIO()
    Image.new("RGB", (32, 32)).save(file, kind)
    return file.getvalue()
