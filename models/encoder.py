"""Encoders: pixels and texts to vectors of one space. Owns the port and the ONNX Runtime adapter."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from models.arrays import Pixels, Vectors
from models.bundle import Bundle
from models.errors import NoTextTowerError, TextError
from models.manifest import Manifest


@dataclass(frozen=True)
class EncodedTexts:
    """Vectors float32 [n, d] of unit length, and what the tokenizer made of each text."""

    vectors: Vectors
    token_counts: tuple[int, ...]
    """Tokens that were encoded, so never more than the context holds."""
    truncated: tuple[bool, ...]
    """Which texts were longer than the context."""


class Encoder(Protocol):
    """What turns pixels and texts into vectors. Thread-safe; calls block until the vectors are there."""

    @property
    def manifest(self) -> Manifest: ...

    def encode_pixels(self, pixels: Pixels) -> Vectors:
        """uint8 [n, size, size, 3] to float32 [n, d] of unit length."""

    def encode_texts(self, texts: Sequence[str]) -> EncodedTexts:
        """Raises TextError when a text holds no token at all, or the model encodes pictures only."""


class TextTokenizer:
    """Texts to token ids as the manifest's text tower wants them.

    A `tokenizer.json` that states a truncation keeps it: it knows which marks must survive a cut (CLIP reads its
    result at the end mark). One that states none is cut at the context length.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._tower = bundle.manifest.text
        self._tokenizer = Tokenizer.from_file(str(bundle.tokenizer))
        self._tokenizer.no_padding()

    def __call__(self, texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64], tuple[bool, ...]]:
        """Token ids and attention mask, int64 [n, t] each, and which texts were cut."""
        limit = self._tower.context_length
        encodings = self._tokenizer.encode_batch(list(texts))
        ids = [encoding.ids for encoding in encodings]
        for text, tokens in zip(texts, ids, strict=True):
            if not tokens:
                raise TextError(f"the text {text[:40]!r} holds nothing that can be encoded")
        width = limit if self._tower.padding == "fixed" else min(limit, max(len(tokens) for tokens in ids))
        padded = np.full((len(ids), width), self._tower.pad_id, dtype=np.int64)
        mask = np.zeros_like(padded)
        for row, tokens in enumerate(ids):
            kept = tokens[:limit]
            padded[row, : len(kept)] = kept
            mask[row, : len(kept)] = 1
        return padded, mask, tuple(len(encoding.ids) > limit or bool(encoding.overflowing) for encoding in encodings)


class OnnxEncoder:
    """A bundle in ONNX Runtime on the CPU: one session a tower, `threads` threads a run.

    On a CPU several runs of one thread beat one run of several; callers get parallelism by calling from
    several threads (docs/benchmarks.md).
    """

    def __init__(self, bundle: Bundle, threads: int = 1) -> None:
        import onnxruntime  # noqa: PLC0415 - heavy; imported when this engine is chosen

        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        providers = ["CPUExecutionProvider"]
        # It crashes the process on graphs in half precision (ONNX Runtime issue 32405; seen with 1.32).
        broken = ["FuseFp16InitializerToFp32NodeTransformer"]
        self._manifest = bundle.manifest
        self._image = onnxruntime.InferenceSession(
            str(bundle.image_graph), options, providers=providers, disabled_optimizers=broken
        )
        self._tokenize = self._text = None
        if bundle.manifest.encodes_text:
            self._tokenize = TextTokenizer(bundle)
            self._text = onnxruntime.InferenceSession(
                str(bundle.text_graph), options, providers=providers, disabled_optimizers=broken
            )

    @property
    def manifest(self) -> Manifest:
        return self._manifest

    def encode_pixels(self, pixels: Pixels) -> Vectors:
        (vectors,) = self._image.run(["embedding"], {"pixels": pixels})
        return np.asarray(vectors, dtype=np.float32)

    def encode_texts(self, texts: Sequence[str]) -> EncodedTexts:
        if self._tokenize is None or self._text is None:
            raise NoTextTowerError(f"the model {self._manifest.name} encodes pictures only: search it by picture")
        ids, mask, truncated = self._tokenize(texts)
        inputs = {"input_ids": ids}
        if self._manifest.text.takes_attention_mask:
            inputs["attention_mask"] = mask
        (vectors,) = self._text.run(["embedding"], inputs)
        counts = tuple(int(count) for count in mask.sum(axis=1))
        return EncodedTexts(np.asarray(vectors, dtype=np.float32), counts, truncated)
