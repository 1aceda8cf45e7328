"""What a runtime precision does to vectors, measured on real pictures and texts: the same figures and limits as at
an export (`models.export.fidelity`), for a precision that only exists while an engine runs."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from models.arrays import Pixels, Vectors
from models.encoder import Encoder
from models.export.fidelity import Fidelity, measure, require_signal

_ROWS = 8


def compare(
    exact: Encoder, reduced: Encoder, pixels: Pixels, texts: Sequence[str], runs: int = 1
) -> Mapping[str, Fidelity]:
    """By tower, `image` and, where there are texts, `text`. `runs` threads encode.

    Raises: FidelityError when a tower gives every input the same vector, so that nothing can be measured.
    """
    found = {"image": _compared(exact.encode_pixels, reduced.encode_pixels, pixels, runs)}
    if len(texts) and exact.manifest.encodes_text:
        found["text"] = _compared(_texts_with(exact), _texts_with(reduced), texts, runs)
    return found


def _compared(
    exact: Callable[[Pixels], Vectors] | Callable[[Sequence[str]], Vectors],
    reduced: Callable[[Pixels], Vectors] | Callable[[Sequence[str]], Vectors],
    inputs: Pixels | Sequence[str],
    runs: int,
) -> Fidelity:
    reference = _all(exact, inputs, runs)  # type: ignore[arg-type]
    require_signal(reference)
    return measure(reference, _all(reduced, inputs, runs))  # type: ignore[arg-type]


def _all(encode: Callable[[Pixels | Sequence[str]], Vectors], inputs: Pixels | Sequence[str], runs: int) -> Vectors:
    with ThreadPoolExecutor(runs) as pool:
        chunks = (inputs[start : start + _ROWS] for start in range(0, len(inputs), _ROWS))
        return np.concatenate(list(pool.map(encode, chunks)))


def _texts_with(encoder: Encoder) -> Callable[[Sequence[str]], Vectors]:
    return lambda texts: encoder.encode_texts(texts).vectors
