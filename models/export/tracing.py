"""From a source to the fp32 graphs of a bundle, each compared with the source before anybody uses it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from models.arrays import Pixels, Vectors
from models.bundle import IMAGE_GRAPH, TEXT_GRAPH, TOKENIZER
from models.export.graphs import save, trace
from models.export.probe import TEXTS, Probe, drawn_pictures
from models.export.source import SourceModel, TextSource
from models.export.token_check import corpus
from models.export.towers import ImageTower, InHalf, TextTower, fold, ignores_padding, least_cosine, require_parity

_BATCH = ("n", 1, 4096)
_EXAMPLES = 2
_LEAST_TOKENS = 2
_RUN = 8
_TRIM_TEXTS = 16


@dataclass(frozen=True)
class Traced:
    """What the source gives, beside which its graphs were written."""

    probe: Probe
    folded_cosine: float
    trims: bool
    """Whether the text graph takes rows shorter than the context."""


def trace_towers(source: SourceModel, folder: Path) -> Traced:
    """Write `image.onnx` and, where there is one, the text tower and its tokenizer; raises ParityError."""
    pixels = drawn_pictures(source.preparation.geometry.size)
    expected = image_vectors(source, pixels)
    image = fold(source.image)
    tower = ImageTower(image, source.preparation).eval()
    folded = require_parity(_agreement(expected, _run(tower, torch.from_numpy(pixels))), "the folded image tower")
    _trace_image(source, image, folder)
    if source.text is None:
        return Traced(Probe(expected, np.zeros((0, expected.shape[1]), np.float32)), folded, trims=False)
    trims = _trims(source.text)
    _trace_text(source.text, _text_tower(source.text, trims), trims, folder)
    source.text.tokenizer.save(str(folder / TOKENIZER), pretty=False)
    return Traced(Probe(expected, text_vectors(source.text, TEXTS)), folded, trims)


def trace_in_half(source: SourceModel, trims: bool, folder: Path) -> None:
    """Write the same graphs with weights and arithmetic in float16."""
    _trace_image(source, InHalf(fold(source.image)), folder)
    if source.text is not None:
        _trace_text(source.text, InHalf(_text_tower(source.text, trims)), trims, folder)


def image_vectors(source: SourceModel, pixels: Pixels) -> Vectors:
    """float32 [n, d] of unit length as the source computes them, unfolded."""
    return _run(ImageTower(source.image, source.preparation).eval(), torch.from_numpy(pixels))


def text_vectors(source: TextSource, texts: Sequence[str]) -> Vectors:
    """float32 [n, d] of unit length as the source computes them, with its own tokenizer and padding."""
    return _run(TextTower(source.padded).eval(), source.tokenize(list(texts)))


def _trims(source: TextSource) -> bool:
    ids = source.tokenize([*TEXTS, *corpus()[:_TRIM_TEXTS]])
    return source.trimmable is not None and ignores_padding(source.padded, source.trimmable, ids, source.pad_id)


def _text_tower(source: TextSource, trims: bool) -> nn.Module:
    return source.trimmable if trims and source.trimmable is not None else source.padded


def _trace_image(source: SourceModel, image: nn.Module, folder: Path) -> None:
    pixels = torch.from_numpy(drawn_pictures(source.preparation.geometry.size)[:_EXAMPLES])
    save(trace(ImageTower(image, source.preparation).eval(), "pixels", pixels, {0: _BATCH}), folder / IMAGE_GRAPH)


def _trace_text(source: TextSource, text: nn.Module, trims: bool, folder: Path) -> None:
    axes, width = {0: _BATCH}, source.context_length
    if trims:
        axes[1] = ("tokens", _LEAST_TOKENS, width)
        width //= 2  # an example of full width would be taken for the only one
    example = source.tokenize(list(TEXTS[:_EXAMPLES]))[:, :width].contiguous()
    save(trace(TextTower(text).eval(), "input_ids", example, axes), folder / TEXT_GRAPH)


@torch.inference_mode()
def _run(tower: nn.Module, inputs: Tensor) -> Vectors:
    parts = [normalize(tower(part), dim=-1) for part in torch.split(inputs, _RUN)]
    return np.asarray(torch.cat(parts).numpy(), dtype=np.float32)


def _agreement(left: Vectors, right: Vectors) -> float:
    return least_cosine(torch.from_numpy(left), torch.from_numpy(right))
