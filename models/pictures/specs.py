"""What is said about pictures: their limits, a region of one, and how a bundle wants them."""

from dataclasses import dataclass
from typing import Literal

WHITE = (255, 255, 255)


@dataclass(frozen=True)
class PictureLimits:
    """What a picture may announce in its header before anything is decoded."""

    max_bytes: int = 20_000_000
    max_pixels: int = 40_000_000
    max_scaled_pixels: int = 120_000_000
    """JPEGs up to this size are accepted because they are scaled down while decoding."""


DEFAULT_LIMITS = PictureLimits()


@dataclass(frozen=True)
class Box:
    """A region in relative units of the upright picture; each value in [0, 1]."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Preprocessing:
    """How a bundle wants its pictures.

    `pad`: the whole picture on a square; `crop`: its centre; `squash`: the whole picture, stretched to the square.
    `exact`: the pixels of Pillow's filter on the whole picture, give or take one level. `fast`: a large JPEG is
    scaled down while it is decoded, by so much that the filter still halves it (ADR 7).
    """

    size: int
    fit: Literal["pad", "crop", "squash"] = "crop"
    resample: Literal["bilinear", "bicubic", "lanczos"] = "bicubic"
    background: tuple[int, int, int] = WHITE
    pixels: Literal["exact", "fast"] = "exact"
