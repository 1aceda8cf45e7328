"""TIFF files: directories that loop or lie, strips that lead nowhere, numbers that are no colours."""

import struct
import zlib
from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from PIL import Image

from tests.poison.bytework import cuts, encoded, noise, random_bytes
from tests.poison.case import Case, bad, either, huge, valid
from tests.poison.pngs import oriented, zeros

Entry: TypeAlias = tuple[int, int, int, int]
"""Tag, type (3: 16 bits, 4: 32 bits), count, value or offset."""
_PIXELS_AT = 8


def tiff(pixels: bytes = b"\x80" * 64, following: int = 0, **changes: tuple[int, int, int] | None) -> bytes:
    """8 x 8 grey pixels; `changes` replace an entry by (type, count, value), or take it away."""
    entries = {
        "width": (256, 3, 1, 8),
        "height": (257, 3, 1, 8),
        "bits": (258, 3, 1, 8),
        "compression": (259, 3, 1, 1),
        "photometric": (262, 3, 1, 1),
        "offsets": (273, 4, 1, _PIXELS_AT),
        "samples": (277, 3, 1, 1),
        "rows": (278, 3, 1, 8),
        "counts": (279, 4, 1, len(pixels)),
    }
    tags = {"orientation": 274, "planar": 284, "predictor": 317, "format": 339, "tile_width": 322, "tile_height": 323}
    tags |= {"tile_offsets": 324, "tile_counts": 325, "colours": 320, "jpeg_tables": 347, "subsampling": 530}
    for name, change in changes.items():
        tag = entries.pop(name)[0] if name in entries else tags[name]
        if change is not None:
            entries[name] = (tag, *change)
    table = b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries.values()))
    start = _PIXELS_AT + len(pixels)
    return b"II*\0" + struct.pack("<I", start) + pixels + struct.pack("<H", len(entries)) + table + _next(following)


def _next(following: int) -> bytes:
    return struct.pack("<I", following)


def cases() -> Iterator[Case]:
    yield from _cut()
    yield from _lying()
    yield from _loops()
    yield from _odd()


def _cut() -> Iterator[Case]:
    for compression in (None, "tiff_lzw", "tiff_deflate", "jpeg"):
        sound = encoded(noise(), "TIFF", compression=compression)
        for length, data in cuts(sound, (0.001, 0.3, 0.8)):
            yield bad(f"tiff ({compression or 'raw'}) cut after {length} bytes", data)
    for compression in ("tiff_lzw", "tiff_deflate", "packbits", "group4"):
        mode = "1" if compression == "group4" else "RGB"
        sound = encoded(noise().convert(mode), "TIFF", compression=compression)
        middle = len(sound) // 2
        damaged = sound[:middle] + b"\xff" * 64 + sound[middle + 64 :]
        yield either(f"tiff ({compression}) with damaged data", damaged)


def _lying() -> Iterator[Case]:
    yield bad("tiff of no width", tiff(width=(3, 1, 0)))
    yield bad("tiff of no height", tiff(height=(3, 1, 0)))
    yield bad("tiff without a width", tiff(width=None))
    yield huge("tiff of 2^32 x 2^32", tiff(width=(4, 1, 0xFFFFFFFF), height=(4, 1, 0xFFFFFFFF)))
    yield huge("tiff of 60,000 x 60,000", tiff(width=(3, 1, 60_000), height=(3, 1, 60_000), rows=(3, 1, 60_000)))
    yield bad("tiff of 64 bits", tiff(bits=(3, 1, 64)))
    yield bad("tiff of 0 bits", tiff(bits=(3, 1, 0)))
    yield bad("tiff of 3 bits", tiff(bits=(3, 1, 3)))
    yield bad("tiff of 65,535 samples", tiff(samples=(3, 1, 65_535)))
    yield either("tiff of no samples", tiff(samples=(3, 1, 0)))
    yield bad("tiff of an unknown compression", tiff(compression=(3, 1, 4_242)))
    yield bad("tiff that claims LZW", tiff(random_bytes(64, 1), compression=(3, 1, 5)))
    yield bad("tiff that claims deflate", tiff(compression=(3, 1, 8)))
    yield bad("tiff that claims JPEG", tiff(compression=(3, 1, 7)))
    yield bad("tiff that claims old JPEG", tiff(compression=(3, 1, 6)))
    yield bad("tiff that claims fax", tiff(random_bytes(64, 2), compression=(3, 1, 4)))
    yield bad("tiff that claims WebP", tiff(random_bytes(64, 3), compression=(3, 1, 50_001)))
    yield bad("tiff that claims Zstandard", tiff(random_bytes(64, 4), compression=(3, 1, 50_000)))
    yield bad("tiff of photometric 99", tiff(photometric=(3, 1, 99)))
    yield bad("tiff whose pixels lie past the end", tiff(offsets=(4, 1, 1 << 30)))
    yield bad("tiff whose pixels lie at -1", tiff(offsets=(4, 1, 0xFFFFFFFF)))
    yield bad("tiff without places of pixels", tiff(offsets=None))
    yield either("tiff without sizes of strips", tiff(counts=None))
    yield either("tiff with a strip of 4 GB", tiff(counts=(4, 1, 0xFFFFFFFF)))
    yield either(
        "tiff with a strip of 4 GB, packed",
        tiff(zlib.compress(bytes(64)), compression=(3, 1, 8), counts=(4, 1, 0xFFFFFFFF)),
    )
    yield either("tiff with strips of no rows", tiff(rows=(3, 1, 0)))
    yield bad("tiff with 2^32 strips", tiff(offsets=(4, 0xFFFFFFFF, 8), counts=(4, 0xFFFFFFFF, 8)))
    yield either(
        "tiff with tiles of no size",
        tiff(
            offsets=None,
            counts=None,
            tile_width=(3, 1, 0),
            tile_height=(3, 1, 0),
            tile_offsets=(4, 1, 8),
            tile_counts=(4, 1, 64),
        ),
    )
    yield either(
        "tiff with tiles larger than it",
        tiff(
            offsets=None,
            counts=None,
            tile_width=(4, 1, 1 << 20),
            tile_height=(4, 1, 1 << 20),
            tile_offsets=(4, 1, 8),
            tile_counts=(4, 1, 64),
        ),
    )
    yield either("tiff with planes of kind 9", tiff(planar=(3, 1, 9)))
    yield either("tiff with predictor 9", tiff(zlib.compress(bytes(64)), compression=(3, 1, 8), predictor=(3, 1, 9)))
    yield either("tiff with a short palette", tiff(photometric=(3, 1, 3), colours=(3, 3, 0)))
    yield either("tiff with a width of text", tiff(width=(2, 4, 0x41414141)))
    yield either("tiff with a width of many", tiff(width=(3, 1 << 20, 8)))
    yield either("tiff with sampling 0", tiff(photometric=(3, 1, 6), subsampling=(3, 2, 0)))
    yield bad("tiff of 44 bytes of noise", b"II*\0" + random_bytes(40, 5))
    yield bad("tiff that inflates to 100 MB", tiff(zeros(100_000_000), compression=(3, 1, 8), width=(3, 1, 0)))


def _loops() -> Iterator[Case]:
    at = _PIXELS_AT + 64
    yield either("tiff whose directory follows itself", tiff(following=at))
    yield either("tiff whose next directory is far", tiff(following=0xFFFFFFF0))
    yield bad("tiff whose directory is its header", b"II*\0" + struct.pack("<I", 0) + bytes(64))
    yield bad(
        "tiff whose directory has 65,535 entries", b"II*\0" + struct.pack("<IH", 8, 0xFFFF) + random_bytes(3_000, 6)
    )
    yield bad("tiff whose directory is past the end", b"II*\0" + struct.pack("<I", 1 << 30) + bytes(64))
    yield bad(
        "big tiff whose directory follows itself",
        b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 0) + struct.pack("<Q", 16),
    )
    yield bad("big tiff of 2^63 entries", b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 1 << 63) + bytes(64))


def _odd() -> Iterator[Case]:
    yield valid("tiff by hand", tiff())
    yield valid("tiff of one pixel", encoded(noise(1, 1), "TIFF"))
    yield valid("tiff with orientation 42", tiff(orientation=(3, 1, 42)))
    yield valid("tiff with orientation 5", encoded(noise(), "TIFF", exif=oriented(5)))
    yield valid("tiff of floats", _floats(np.linspace(0.0, 255.0, 64)))
    yield valid("tiff of floats that are no numbers", _floats(np.full(64, np.nan)))
    yield valid("tiff of infinite floats", _floats(np.where(np.arange(64) % 2, np.inf, -np.inf)))
    yield valid("tiff of huge floats", _floats(np.full(64, 3e38)))
    yield valid("tiff of negative floats", _floats(np.full(64, -5.0)))
    yield valid("tiff of 16 bits", tiff(bytes(range(128)), bits=(3, 1, 16)))
    yield valid(
        "tiff of 32 bits", encoded(Image.fromarray(np.arange(64, dtype=np.int32).reshape(8, 8) * 30_000_000), "TIFF")
    )
    yield valid("tiff in CMYK", encoded(noise(mode="CMYK"), "TIFF"))
    yield valid("tiff in Lab", encoded(noise(mode="LAB"), "TIFF"))
    yield valid("tiff in YCbCr", encoded(noise(mode="YCbCr"), "TIFF"))
    yield valid("tiff of 1 bit", encoded(noise(mode="L").convert("1"), "TIFF", compression="group4"))
    frames = [noise(8, 8, seed=seed) for seed in range(200)]
    yield valid("tiff with 200 pages", encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:]))


def _floats(values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> bytes:
    return encoded(Image.fromarray(values.astype(np.float32).reshape(8, 8)), "TIFF")
