"""Encoders: pixels and texts to vectors of one space. Owns the port, and what every engine's encoder shares:
tokens, fixed batch shapes, and as many vectors as inputs. Which engine runs the graphs is `models.engines`' business.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from models.arrays import Pixels, Vectors
from models.batches import BatchRules, parts, width_of
from models.bundle import Bundle
from models.errors import NoTextTowerError, TextError
from models.manifest import Manifest

Tensor: TypeAlias = NDArray[Any]
"""One input of a graph; the first axis is the batch."""


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
    def manifest(self) -> Manifest:
        """Its `precision` is the one that runs."""

    def encode_pixels(self, pixels: Pixels) -> Vectors:
        """uint8 [n, size, size, 3] to float32 [n, d] of unit length."""

    def encode_texts(self, texts: Sequence[str]) -> EncodedTexts:
        """Raises TextError when a text holds no token at all, or the model encodes pictures only."""


class Graph(Protocol):
    """One tower, loaded into an engine. Thread-safe, blocking."""

    @property
    def provider(self) -> str:
        """What really runs it, in the words of the runtime itself."""

    def run(self, inputs: Mapping[str, Tensor]) -> Vectors:
        """Arrays [n, …] by the names of the graph's inputs to float32 [n, d]."""


class EngineOutputError(RuntimeError):
    """A graph gave other than one vector for each input: a fault of the engine or the bundle, never of an input."""


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


class BundleEncoder:
    """Adapter of `Encoder`: a tokenizer, an image graph and a text graph, whatever the engine behind them.

    A vector depends on its own input only, up to the rounding of the engine: texts run at a width that follows from
    the text, padding rows are cut off again, and where an engine's arithmetic looks at the whole batch (int8 with
    dynamic ranges) `rules` say one row a run.
    """

    def __init__(self, bundle: Bundle, image: Graph, text: Graph | None, rules: BatchRules) -> None:
        self._manifest = bundle.manifest
        self._image = image
        self._text = text
        self._tokenize = TextTokenizer(bundle) if text is not None else None
        self.rules = rules

    @property
    def manifest(self) -> Manifest:
        return self._manifest

    @property
    def providers(self) -> tuple[str, ...]:
        """What really runs each tower."""
        return tuple(graph.provider for graph in (self._image, self._text) if graph is not None)

    def encode_pixels(self, pixels: Pixels) -> Vectors:
        return self._run(self._image, {"pixels": pixels})

    def encode_texts(self, texts: Sequence[str]) -> EncodedTexts:
        if self._tokenize is None or self._text is None:
            raise NoTextTowerError(f"the model {self._manifest.name} encodes pictures only: search it by picture")
        if not texts:
            return EncodedTexts(self._vectors(0), (), ())
        ids, mask, truncated = self._tokenize(texts)
        counts = [int(count) for count in mask.sum(axis=1)]
        vectors = self._vectors(len(texts))
        for width, rows in self._by_width(counts).items():
            inputs = {"input_ids": _at_width(ids[rows], width, self._manifest.text.pad_id)}
            if self._manifest.text.takes_attention_mask:
                inputs["attention_mask"] = _at_width(mask[rows], width, 0)
            vectors[rows] = self._run(self._text, inputs)
        return EncodedTexts(vectors, tuple(counts), truncated)

    def _by_width(self, counts: Sequence[int]) -> Mapping[int, list[int]]:
        """Rows by the width at which they run."""
        tower = self._manifest.text
        rows: dict[int, list[int]] = {}
        for row, count in enumerate(counts):
            width = tower.context_length if tower.padding == "fixed" else width_of(count, tower.context_length)
            rows.setdefault(width, []).append(row)
        return rows

    def _run(self, graph: Graph, inputs: Mapping[str, Tensor]) -> Vectors:
        """Arrays [n, …] to float32 [n, d], in runs of fixed sizes."""
        count = len(next(iter(inputs.values())))
        vectors = self._vectors(count)
        for part in parts(count, self.rules):
            end = part.start + part.rows
            found = graph.run({name: _rows(array[part.start : end], part.size) for name, array in inputs.items()})
            if found.shape != (part.size, self._manifest.dimension):
                raise EngineOutputError(f"{part.size} inputs gave an array of shape {found.shape}")
            vectors[part.start : end] = found[: part.rows]
        return vectors

    def _vectors(self, count: int) -> Vectors:
        return np.empty((count, self._manifest.dimension), dtype=np.float32)


def _at_width(array: NDArray[np.int64], width: int, fill: int) -> NDArray[np.int64]:
    """[n, t] to [n, width]; whatever is cut off is padding."""
    if array.shape[1] >= width:
        return np.ascontiguousarray(array[:, :width])
    return np.pad(array, ((0, 0), (0, width - array.shape[1])), constant_values=fill)


def _rows(array: Tensor, size: int) -> Tensor:
    """[n, …] to [size, …]: the last row again for those that are missing, so that no row is made of nonsense."""
    if len(array) == size:
        return np.ascontiguousarray(array)
    return np.concatenate([array, np.repeat(array[-1:], size - len(array), axis=0)])


class OnnxEncoder(BundleEncoder):
    """A bundle in ONNX Runtime on the CPU, as it is; `models.engines.load` offers the other engines."""

    def __init__(self, bundle: Bundle, threads: int = 1) -> None:
        from models.engines.load import open_towers  # noqa: PLC0415 - the engines build on this module
        from models.engines.port import Resources  # noqa: PLC0415

        image, text, rules = open_towers(bundle, "onnxruntime", None, Resources(threads=threads))
        super().__init__(bundle, image, text, rules)
