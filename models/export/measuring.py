"""What is measured with a bundle's own encoder: parity with the source, fidelity, means, curves."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import Pixels, Vectors
from models.calibration import Calibration
from models.encoder import Encoder
from models.export import curves
from models.export.errors import FidelityError
from models.export.fidelity import MIN_PICTURES, Judge, measure, require_signal
from models.export.request import Precision
from models.export.sample import Sample
from models.export.source import SourceModel
from models.export.token_check import corpus, long_text
from models.export.towers import require_parity
from models.export.tracing import image_vectors, text_vectors

_RUN = 16
_PARITY_PICTURES = 32


@dataclass(frozen=True)
class Measured:
    """Means [d] and curves of a bundle, and what could not be measured."""

    image_mean: tuple[float, ...]
    text_mean: tuple[float, ...]
    calibration: dict[str, Calibration]
    warnings: tuple[str, ...]


def parity(source: SourceModel, encoder: Encoder, pixels: Pixels) -> dict[str, float]:
    """Least cosines between graph and source, on `pixels` and on the corpus; raises ParityError below 0.9999."""
    some = pixels[:_PARITY_PICTURES]
    image = _least(encode_pixels(encoder, some), image_vectors(source, some))
    figures = {"image_cosine_min": require_parity(image, "the image graph")}
    if source.text is not None:
        texts = (*corpus(), long_text(source.text.context_length))
        text = _least(encode_texts(encoder, texts), text_vectors(source.text, texts))
        figures["text_cosine_min"] = require_parity(text, "the text graph")
    return figures


def require_sample(precision: Precision, sample: Sample | None) -> None:
    """Raises FidelityError when a reduced precision is asked for and there is too little to measure it on."""
    count = 0 if sample is None else len(sample.pixels)
    if precision != "fp32" and count < MIN_PICTURES:
        raise FidelityError(
            f"{precision} is only written after its loss was measured on {MIN_PICTURES} real pictures: pass "
            f"--pictures DIR with that many ({count} could be read)"
        )


def fidelity(exact: Encoder, reduced: Encoder, precision: Precision, sample: Sample, judge: Judge) -> dict[str, float]:
    """Figures of both towers; `judge` raises FidelityError, with the figures, when one of them loses too much."""
    towers = {"image": (encode_pixels(exact, sample.pixels), encode_pixels(reduced, sample.pixels))}
    if exact.manifest.encodes_text:
        texts = _texts(sample)
        towers["text"] = (encode_texts(exact, texts), encode_texts(reduced, texts))
    figures: dict[str, float] = {}
    for tower, (reference, found) in towers.items():
        require_signal(reference)
        result = measure(reference, found)
        judge(result, precision, tower)
        figures |= result.as_figures(tower)
    return figures


def means_and_curves(source: SourceModel, encoder: Encoder, sample: Sample | None) -> Measured:
    """Measured on the sample where it reaches, guessed and warned of where it does not."""
    guesses = {"image_image": curves.guess_image_image()}
    if source.text is not None:
        guesses["text_image"] = curves.guess_text_image(source.logit_scale, source.logit_bias)
    if sample is None:
        zeros = (0.0,) * encoder.manifest.dimension
        warning = "modality means are zero and score curves are guesses: export with --pictures to measure them"
        return Measured(zeros, zeros, guesses, (warning,))
    return _measured(encoder, sample, guesses)


def _measured(encoder: Encoder, sample: Sample, found: dict[str, Calibration]) -> Measured:
    warnings = []
    images = encode_pixels(encoder, sample.pixels)
    views = curves.Pairs(images, encode_pixels(encoder, sample.views))
    if views.are_enough:
        found["image_image"] = curves.fit(views)
    else:
        warnings.append(f"the image-image score curve is a guess: fewer than {curves.MIN_PAIRS} pictures")
    if not encoder.manifest.encodes_text:
        return Measured(_mean(images), (0.0,) * images.shape[1], found, tuple(warnings))
    rows = sample.captioned
    texts = tuple(str(sample.texts[row]) for row in rows)
    if len(rows) >= curves.MIN_PAIRS:
        vectors = encode_texts(encoder, texts)
        found["text_image"] = curves.fit(curves.Pairs(vectors, images[list(rows)]))
    else:
        vectors = encode_texts(encoder, corpus())
        warnings.append("the text-image score curve is a guess and the text mean is of built-in phrases: no captions")
    return Measured(_mean(images), _mean(vectors), found, tuple(warnings))


def encode_pixels(encoder: Encoder, pixels: Pixels) -> Vectors:
    """In runs that bound memory."""
    return np.concatenate([encoder.encode_pixels(pixels[k : k + _RUN]) for k in range(0, len(pixels), _RUN)])


def encode_texts(encoder: Encoder, texts: Sequence[str]) -> Vectors:
    """In runs that bound memory."""
    runs = (list(texts[k : k + _RUN]) for k in range(0, len(texts), _RUN))
    return np.concatenate([encoder.encode_texts(run).vectors for run in runs])


def _texts(sample: Sample) -> tuple[str, ...]:
    return tuple(dict.fromkeys([str(sample.texts[row]) for row in sample.captioned] + list(corpus())))


def _mean(vectors: Vectors) -> tuple[float, ...]:
    return tuple(round(float(value), 8) for value in vectors.mean(axis=0, dtype=np.float64))


def _least(left: Vectors, right: Vectors) -> float:
    return float(np.einsum("nd,nd->n", left.astype(np.float64), right.astype(np.float64)).min())
