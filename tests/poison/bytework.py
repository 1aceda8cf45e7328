"""Cutting, flipping and packing bytes, and the sound pictures that the corpus is made from."""

import io
from collections.abc import Iterable
from typing import Any

import numpy as np
from PIL import Image


def noise(width: int = 48, height: int = 40, mode: str = "RGB", seed: int = 1) -> Image.Image:
    """A picture that compresses badly, so that damage falls into its data."""
    channels = len(Image.new(mode, (1, 1)).getbands())
    shape = (height, width, channels) if channels > 1 else (height, width)
    return Image.frombytes(mode, (width, height), _random(seed).integers(0, 256, shape, dtype=np.uint8).tobytes())


def encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def flipped(data: bytes, positions: Iterable[int], mask: int = 0xFF) -> bytes:
    changed = bytearray(data)
    for position in positions:
        changed[position] ^= mask
    return bytes(changed)


def patched(data: bytes, position: int, replacement: bytes) -> bytes:
    return data[:position] + replacement + data[position + len(replacement) :]


def cuts(data: bytes, shares: Iterable[float]) -> list[tuple[int, bytes]]:
    """The beginnings of `data`, with their lengths."""
    return [(length, data[:length]) for length in (int(len(data) * share) for share in shares)]


def random_bytes(count: int, seed: int) -> bytes:
    return _random(seed).bytes(count)


def random_positions(data: bytes, start: int, count: int, seed: int) -> list[int]:
    return [int(position) for position in _random(seed).integers(start, len(data), count)]


def _random(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)
