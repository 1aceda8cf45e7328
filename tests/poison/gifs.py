"""GIF files: screens and frames that do not fit, codes without meaning, thousands of frames."""

import struct
from collections.abc import Iterator

from PIL import Image

from tests.poison.bytework import cuts, encoded, flipped, noise, random_bytes
from tests.poison.case import Case, bad, either, huge, valid

_PALETTE = b"\xff\0\0\0\xff\0"
_DOT = b"\x02\x02\x44\x01\0"
"""LZW of one pixel of colour 0."""


def screen(width: int = 1, height: int = 1, flags: int = 0x80) -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", width, height, flags, 0, 0) + (_PALETTE if flags & 0x80 else b"")


def frame(width: int = 1, height: int = 1, left: int = 0, top: int = 0, data: bytes = _DOT) -> bytes:
    return b"," + struct.pack("<HHHHB", left, top, width, height, 0) + data


def blocks(data: bytes) -> bytes:
    pieces = [data[at : at + 255] for at in range(0, len(data), 255)]
    return b"".join(bytes([len(piece)]) + piece for piece in pieces) + b"\0"


def cases() -> Iterator[Case]:
    sound = encoded(noise().convert("P"), "GIF")
    for length, data in cuts(sound, (0.003, 0.006, 0.1, 0.45, 0.6, 0.9)):
        yield bad(f"gif cut after {length} bytes", data)
    for number, at in enumerate((900, 1_200, 1_500)):
        yield either(f"gif with damaged data {number}", flipped(sound, range(at, at + 9)))
    yield from _lying()
    yield from _codes()
    yield from _odd()


def _lying() -> Iterator[Case]:
    yield bad("gif of no size", screen(0, 0) + frame(0, 0) + b";")
    yield either("gif with a frame of no size", screen() + frame(0, 0) + b";")
    yield huge("gif of 65,535 x 65,535", screen(0xFFFF, 0xFFFF) + frame() + b";")
    yield huge("gif with a frame of 65,535 x 65,535", screen() + frame(0xFFFF, 0xFFFF) + b";")
    yield huge("gif with a frame far outside", screen() + frame(1, 1, 0xFFFF, 0xFFFF) + b";")
    yield bad("gif without a frame", screen() + b";")
    yield bad("gif of a screen alone", screen())
    yield bad("gif with 5,000 comments and no frame", screen() + (b"!\xfe" + blocks(b"x" * 200)) * 5_000 + b";")
    yield bad("gif with a block of unknown kind", screen() + b"?" * 500)
    yield either("gif without a palette", screen(flags=0) + frame() + b";")


def _codes() -> Iterator[Case]:
    for size in (13, 255):
        yield bad(
            f"gif with codes of {size} bits", screen(8, 8) + frame(8, 8, data=bytes([size]) + blocks(b"x" * 20)) + b";"
        )
    yield either(
        "gif with codes of noise", screen(64, 64) + frame(64, 64, data=b"\x08" + blocks(random_bytes(900, 1))) + b";"
    )
    yield bad("gif with no codes", screen(64, 64) + frame(64, 64, data=b"\x08\0") + b";")
    yield bad(
        "gif that clears for ever", screen(64, 64) + frame(64, 64, data=b"\x02" + blocks(b"\x24\x49\x92" * 300)) + b";"
    )


def _odd() -> Iterator[Case]:
    yield valid("gif of one pixel", screen() + frame() + b";")
    yield valid("gif with 3,000 frames", screen() + frame() * 3_000 + b";")
    yield valid("gif with 2,000 comments", screen() + (b"!\xfe" + blocks(b"x" * 20)) * 2_000 + frame() + b";")
    yield valid("gif with an archive behind it", screen() + frame() + b";PK\x03\x04" + random_bytes(500, 2))
    frames = [noise(20, 20, seed=seed).convert("P") for seed in range(30)]
    yield valid("gif that moves", encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    yield valid("gif of one transparent pixel", encoded(Image.new("P", (1, 1)), "GIF", transparency=0))
    yield either("gif with a colour past the palette", screen(1, 1) + frame(data=b"\x02\x02\x5c\x01\0") + b";")
