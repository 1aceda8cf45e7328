"""Requests for one vector, and what is right to answer: a vector that was computed alone, or a problem."""

import io
import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from models.arrays import Vector
from models.bundle import Bundle
from models.encoder import OnnxEncoder
from models.errors import PictureError
from models.pictures import decode_pixels
from service.decode import PictureWork
from service.errors import problem_for
from tests.fakes.tiny_bundle import COLOURS, WORDS

_FORMS = ("PNG", "JPEG", "WEBP")
_WORDS = (*COLOURS, *(word for word in WORDS if word.isalpha()))
_WAIT_S = 60.0


@dataclass(frozen=True)
class Question:
    """`right`: a vector, or the status and the code of a problem."""

    name: str
    body: bytes
    right: Vector | tuple[int, str]


class Alone:
    """One input at a time: a decoder with nobody beside it, an encoder in the test's own process."""

    def __init__(self, bundle: Bundle, decoder: PictureWork) -> None:
        self._encoder = OnnxEncoder(bundle)
        self._spec = bundle.manifest.image.preprocessing
        self._decoder = decoder

    def text(self, text: str) -> Question:
        return Question(text, body_of(text), self._encoder.encode_texts([text]).vectors[0])

    def picture(self, name: str, data: bytes) -> Question:
        """Whatever the decoder says of it."""
        try:
            pixels = self._decoder.pixels(data, self._spec, None, _WAIT_S)
        except PictureError as exc:
            problem = problem_for(exc)
            return Question(name, _picture_body(data), (problem.status, problem.code))
        return Question(name, _picture_body(data), self._encoder.encode_pixels(pixels[None])[0])

    def good_ones(self, seed: int = 1) -> Iterator[Question]:
        """Texts and pictures in turn, no two alike, without end."""
        random = np.random.default_rng(seed)
        while True:
            yield self.text(" ".join(random.choice(_WORDS, 8)))
            data = _blocks(random)
            pixels = decode_pixels(data, self._spec)
            yield Question("blocks", _picture_body(data), self._encoder.encode_pixels(pixels[None])[0])


def body_of(given: object) -> bytes:
    return json.dumps({"input": [given]}).encode()


def _picture_body(data: bytes) -> bytes:
    return body_of({"image": b64encode(data).decode()})


def _blocks(random: np.random.Generator) -> bytes:
    """A picture of sixteen coloured blocks."""
    colours = random.integers(0, 256, (4, 4, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(colours).resize((96, 64), Image.Resampling.NEAREST).save(file, str(random.choice(_FORMS)))
    return file.getvalue()
