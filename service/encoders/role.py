"""The encoder's child process: loads the bundles, proves that they answer, encodes batches."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

import msgspec
import numpy as np

from models.arrays import Vectors
from models.encoder import Encoder
from service.encoders.load import EncoderPlan, LargestRuns, load
from service.processes import Answer

_PROBE_WORD = "red"

LoadEncoders: TypeAlias = Callable[[EncoderPlan], Mapping[str, Encoder]]


class EncodeCall(msgspec.Struct, frozen=True, array_like=True):
    """One batch of one model and one tower."""

    model: str
    texts: list[bytes] | None = None
    """UTF-8 that may hold lone surrogates; None where pixels follow."""
    shape: tuple[int, int, int, int] = (0, 0, 0, 0)
    """Of the pixels uint8 behind the head: [n, height, width, 3]."""


class EncodedBatch(msgspec.Struct, frozen=True, array_like=True):
    """What goes with the vectors float32 [n, d] behind the head."""

    rows: int
    token_counts: tuple[int, ...] = ()
    truncated: tuple[bool, ...] = ()
    """Both empty for pictures."""


class EncoderGreeting(msgspec.Struct, frozen=True, array_like=True):
    """The manifests that are served, as JSON; they state the precision that runs."""

    manifests: list[bytes]


class EncoderRole:
    """See `service.processes.Role`."""

    def __init__(self, arguments: bytes, load: LoadEncoders = load) -> None:
        plan = msgspec.msgpack.decode(arguments, type=EncoderPlan)
        self._encoders = load(plan)
        for name, encoder in self._encoders.items():
            _prove(encoder, plan.largest_runs.get(name, LargestRuns()), plan.runs)

    def greeting(self) -> bytes:
        manifests = [encoder.manifest.model_dump_json().encode() for encoder in self._encoders.values()]
        return msgspec.msgpack.encode(EncoderGreeting(manifests))

    def answer(self, head: bytearray, body: bytearray) -> Answer:
        call = msgspec.msgpack.decode(head, type=EncodeCall)
        encoder = self._encoders[call.model]
        if call.texts is None:
            vectors = encoder.encode_pixels(np.frombuffer(body, dtype=np.uint8).reshape(call.shape))
            return _answer(EncodedBatch(len(vectors)), vectors)
        texts = encoder.encode_texts([text.decode("utf-8", "surrogatepass") for text in call.texts])
        return _answer(EncodedBatch(len(texts.vectors), texts.token_counts, texts.truncated), texts.vectors)


def _answer(notes: EncodedBatch, vectors: Vectors) -> Answer:
    return Answer(msgspec.msgpack.encode(notes), [np.ascontiguousarray(vectors, dtype=np.float32)])


def _prove(encoder: Encoder, largest: LargestRuns, runs: int) -> None:
    """Run each tower at its largest, as often at a time as it will be: its memory grows now, and not when such runs
    first meet. An engine that can never run must not put inputs under suspicion."""
    side = encoder.manifest.image.size
    pixels = np.zeros((largest.image, side, side, 3), dtype=np.uint8)
    with ThreadPoolExecutor(runs) as threads:
        list(threads.map(encoder.encode_pixels, [pixels] * runs))
        if encoder.manifest.encodes_text:
            longest = " ".join([_PROBE_WORD] * encoder.manifest.text.context_length)
            list(threads.map(encoder.encode_texts, [[longest] * largest.text] * runs))
