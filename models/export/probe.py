"""The probe of a bundle: what the source gave for a few inputs, so that `verify` needs no source.

Owns the inputs (drawn and fixed, no file of anybody's) and the file `probe.npz`, which holds plain arrays.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.arrays import Pixels, Vectors
from models.errors import BundleError

FILE_NAME = "probe.npz"
PICTURES = 6
TEXTS = (
    "a photo of a cat",
    "a red canvas shoe on a wooden table",
    "Größe 42, blaues Hemd mit weißen Knöpfen",
    "красная туфля на столе",
    "在木桌上的红色帆布鞋",
    "حذاء أحمر على طاولة خشبية",
)


@dataclass(frozen=True)
class Probe:
    """Reference vectors [n, d] of the drawn pictures and of TEXTS; no rows where there is no text tower."""

    image: Vectors
    text: Vectors


def drawn_pictures(size: int) -> Pixels:
    """Gradients, stripes and discs in several colours: uint8 [6, size, size, 3], the same on every machine."""
    y, x = np.mgrid[0:size, 0:size] * 256 // size  # whole numbers: no rounding differs between machines
    radius = (x - 128) ** 2 + (y - 128) ** 2
    ramp, disc, stripes = x % 256, np.where(radius < 80**2, 255, 40), (x // 32 % 2) * 255
    squares, rings, corner = ((x // 64 + y // 64) % 2) * 255, radius // 128 % 256, (x + y) // 2 % 256
    planes = (ramp, disc, stripes, squares, rings, corner)
    shown = [np.stack([planes[k], planes[(k + 1) % 6], planes[(k + 3) % 6]], axis=-1) for k in range(PICTURES)]
    return np.stack(shown).astype(np.uint8)


def write_probe(folder: Path, probe: Probe) -> None:
    """Write `probe.npz`."""
    np.savez(folder / FILE_NAME, image=probe.image, text=probe.text)


def read_probe(folder: Path) -> Probe:
    """Raises BundleError when it is missing or damaged."""
    try:
        with np.load(folder / FILE_NAME, allow_pickle=False) as arrays:
            return Probe(_vectors(arrays["image"]), _vectors(arrays["text"]))
    except (OSError, KeyError, ValueError) as exc:
        raise BundleError(f"{folder} has no readable {FILE_NAME}: its parity cannot be checked again") from exc


def _vectors(array: NDArray[np.float32]) -> Vectors:
    return np.asarray(array, dtype=np.float32)
