"""Check a bundle again: its files, their checksums, and the vectors of the probe. Needs no torch.

Owns how far a vector may lie from the source's, for each precision.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.arrays import Vectors
from models.bundle import open_bundle
from models.encoder import OnnxEncoder
from models.errors import BundleError
from models.export.probe import FILE_NAME, TEXTS, drawn_pictures, read_probe

_LEAST_COSINE = {"fp32": 0.9999}
_LEAST_COSINE_REDUCED = 0.98
"""Of reduced precisions; these were measured on real pictures when they were made, the probe only shows damage."""


@dataclass(frozen=True)
class Verified:
    """What was checked. A cosine is None where there was nothing to compare with."""

    name: str
    files: int
    image_cosine: float | None
    text_cosine: float | None

    def as_sentence(self) -> str:
        """For a person."""
        shown = {"image": self.image_cosine, "text": self.text_cosine}
        cosines = ", ".join(f"{tower} {value:.6f}" for tower, value in shown.items() if value is not None)
        parity = f"least cosine to the source: {cosines}" if cosines else "no probe, so vectors were not compared"
        return f"{self.name}: {self.files} files intact; {parity}"


def verify(folder: Path) -> Verified:
    """Compare every file with its checksum and, where the bundle has a probe, every vector with the source's.

    Raises: BundleError with what does not match.
    """
    bundle = open_bundle(folder, verify=True)
    manifest = bundle.manifest
    if FILE_NAME not in manifest.files:
        return Verified(manifest.name, len(manifest.files), None, None)
    probe, encoder = read_probe(folder), OnnxEncoder(bundle)
    least = _LEAST_COSINE.get(manifest.precision, _LEAST_COSINE_REDUCED)
    pixels = drawn_pictures(manifest.image.size)
    image = _require("image", encoder.encode_pixels(pixels), probe.image, least)
    text = None
    if manifest.encodes_text:
        text = _require("text", encoder.encode_texts(TEXTS).vectors, probe.text, least)
    return Verified(manifest.name, len(manifest.files), image, text)


def _require(tower: str, found: Vectors, expected: Vectors, least: float) -> float:
    if found.shape != expected.shape:
        raise BundleError(f"the {tower} tower gives vectors of shape {found.shape}, the source gave {expected.shape}")
    cosine = float(np.einsum("nd,nd->n", found, expected).min())
    if not cosine >= least:
        raise BundleError(f"the {tower} tower gives other vectors than the source: cosine {cosine:.6f}, least {least}")
    return cosine
