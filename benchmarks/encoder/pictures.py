"""The pictures that the benchmarks send: made, always the same ones, and with bytes that no cache has seen.

A photograph here is noise whose amplitude falls with 1/frequency, as in natural pictures, with pictures of the
demo catalogue on it: a JPEG of it has the size, and costs the decoder, what a photograph does.
"""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

CATALOGUE = Path("demo/pictures")
_APP0_END = 20
_COMMENT_BYTES = 18
HEAD_BYTES = _APP0_END + 4 + _COMMENT_BYTES
"""A multiple of 3, so that the rest of the file has a base64 of its own."""


def photographs(count: int, size: tuple[int, int] = (1024, 768), target_bytes: int = 130_000) -> list[bytes]:
    """JPEGs in the usual 4:2:0, each of about `target_bytes`."""
    return [_jpeg(photograph(seed, size), target_bytes) for seed in range(count)]


def photograph(seed: int, size: tuple[int, int]) -> Image.Image:
    rng = np.random.default_rng(seed)
    picture = Image.fromarray(_natural_noise(rng, size))
    things = sorted(CATALOGUE.rglob("*.webp"))
    for index in rng.integers(len(things), size=3):
        with Image.open(things[index]) as file:
            thing = file.convert("RGBA")
        side = int(rng.uniform(0.3, 0.7) * min(size)) or 1
        thing = thing.resize((side, side), Image.Resampling.BICUBIC)
        place = (int(rng.integers(size[0] - side + 1)), int(rng.integers(size[1] - side + 1)))
        picture.paste(thing, place, thing)
    return picture


def head(jpeg: bytes, number: int) -> bytes:
    """The first HEAD_BYTES of the file with a comment that holds the number: another file, the same picture."""
    comment = b"\xff\xfe" + (_COMMENT_BYTES + 2).to_bytes(2) + b"%0*d" % (_COMMENT_BYTES, number % 10**_COMMENT_BYTES)
    return jpeg[:_APP0_END] + comment


def tail(jpeg: bytes) -> bytes:
    """What follows `head`."""
    return jpeg[_APP0_END:]


def mixed(seed: int) -> Iterator[bytes]:
    """Pictures without end: any side from 8 to 1,400 (mostly small), any aspect up to 4, six formats and modes."""
    rng = np.random.default_rng(seed)
    while True:
        width = int(8 * 175 ** rng.beta(2, 3))
        height = max(8, min(1400, int(width * 4 ** rng.uniform(-1, 1))))
        pixels = np.kron(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8), np.ones((24, 24, 1), dtype=np.uint8))
        picture = Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC)
        yield _encoded(picture, int(rng.integers(6)))


def _encoded(picture: Image.Image, kind: int) -> bytes:
    format_, mode = (("JPEG", "RGB"), ("PNG", "RGBA"), ("WEBP", "RGB"), ("GIF", "P"), ("JPEG", "CMYK"), ("PNG", "L"))[
        kind
    ]
    file = io.BytesIO()
    picture.convert(mode).save(file, format_)
    return file.getvalue()


def _natural_noise(rng: np.random.Generator, size: tuple[int, int]) -> NDArray[np.uint8]:
    """uint8 [height, width, 3]."""
    width, height = size
    across, down = np.fft.rfftfreq(width) * width, np.fft.fftfreq(height) * height
    amplitude = 1.0 / np.maximum(1.0, np.hypot(down[:, None], across[None, :]))
    channels = []
    for _ in range(3):
        phase = np.exp(2j * np.pi * rng.random(amplitude.shape))
        channels.append(np.fft.irfft2(amplitude * phase, s=(height, width)))
    grey, *tints = (channel / channel.std() for channel in channels)
    layers = [grey, grey + 0.3 * tints[0], grey + 0.3 * tints[1]]
    pixels: NDArray[np.uint8] = np.clip(127 + 45 * np.stack(layers, axis=-1), 0, 255).astype(np.uint8)
    return pixels


def _jpeg(picture: Image.Image, target_bytes: int) -> bytes:
    """At the quality that comes nearest to the size."""
    return min(
        (_saved(picture, quality) for quality in range(40, 97, 4)), key=lambda data: abs(len(data) - target_bytes)
    )


def _saved(picture: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return file.getvalue()
