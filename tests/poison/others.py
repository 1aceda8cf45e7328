"""WebP, AVIF, BMP and portable pixmaps."""

import struct
from collections.abc import Iterator

from PIL import Image

from tests.poison.bytework import cuts, encoded, flipped, noise, patched, random_bytes, random_positions
from tests.poison.case import Case, bad, either, huge, valid
from tests.poison.pngs import looping_exif


def riff(*chunks: tuple[bytes, bytes], size: int | None = None) -> bytes:
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for kind, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body) if size is None else size) + body


def canvas(width: int, height: int, flags: int = 0) -> tuple[bytes, bytes]:
    return b"VP8X", bytes([flags, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")


def webps() -> Iterator[Case]:
    for kind, options in (("lossy", {"quality": 90}), ("lossless", {"lossless": True})):
        sound = encoded(noise(), "WEBP", **options)
        for length, data in cuts(sound, (0.006, 0.02, 0.3, 0.7, 0.95)):
            yield bad(f"webp ({kind}) cut after {length} bytes", data)
        for seed in range(3):
            yield either(
                f"webp ({kind}) with flipped data {seed}", flipped(sound, random_positions(sound, 12, 6, seed))
            )
    sound = encoded(noise(), "WEBP")
    picture = sound[12:16], sound[20:]
    yield bad("webp of a container alone", riff())
    yield bad("webp of noise", riff((b"VP8 ", random_bytes(300, 1))))
    yield bad("webp (lossless) of noise", riff((b"VP8L", b"\x2f" + random_bytes(300, 2))))
    yield huge("webp of 2^24 x 2^24", riff(canvas(1 << 24, 1 << 24), picture))
    yield huge(
        "webp of 16,383 x 16,383 without pixels", riff((b"VP8L", b"\x2f" + struct.pack("<I", 0x0FFFFFFF) + bytes(20)))
    )
    yield bad("webp of a canvas that is not its picture's", riff(canvas(9, 9), picture))
    yield bad("webp whose picture has no size", patched(sound, 26, bytes(4)))
    yield either("webp that announces 4 GB", b"RIFF\xff\xff\xff\xff" + sound[8:])
    yield bad("webp that announces nothing", b"RIFF\0\0\0\0" + sound[8:])
    yield either("webp with transparency of noise", riff(canvas(48, 40, 0x10), (b"ALPH", random_bytes(90, 3)), picture))
    yield either("webp with an exif that loops", riff(canvas(48, 40, 0x08), picture, (b"EXIF", looping_exif())))
    yield either("webp with a profile of noise", riff(canvas(48, 40, 0x20), (b"ICCP", random_bytes(900, 4)), picture))
    outside = (
        bytes([200, 0, 0, 200, 0, 0]) + sound[:0] + (47).to_bytes(3, "little") + (39).to_bytes(3, "little") + bytes(4)
    )
    moving = (b"ANIM", bytes(6)), (b"ANMF", outside + picture[0] + struct.pack("<I", len(picture[1])) + picture[1])
    yield bad("webp with a frame outside its canvas", riff(canvas(48, 40, 0x02), *moving))
    yield valid("webp of one pixel", encoded(noise(1, 1), "WEBP"))
    yield valid("webp of 16,383 x 1", encoded(noise(16_383, 1), "WEBP"))
    yield valid("webp, transparent all over", encoded(Image.new("RGBA", (9, 9)), "WEBP", lossless=True))
    frames = [noise(seed=seed) for seed in range(10)]
    yield valid("webp that moves", encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:]))
    yield valid(
        "webp (lossless) of 36 megapixels in few bytes",
        encoded(Image.new("RGB", (6_000, 6_000), (9, 9, 9)), "WEBP", lossless=True, method=0),
    )


def avifs() -> Iterator[Case]:
    sound = encoded(noise(), "AVIF", speed=10)
    for length, data in cuts(sound, (0.005, 0.01, 0.02, 0.05, 0.1, 0.3, 0.6, 0.9)):
        yield bad(f"avif cut after {length} bytes", data)
    size = sound.index(b"ispe") + 8
    yield huge("avif of 65,535 x 65,535", patched(sound, size, struct.pack(">II", 0xFFFF, 0xFFFF)))
    yield bad("avif of no size", patched(sound, size, bytes(8)))
    yield either("avif of negative width", patched(sound, size, b"\xff" * 4))
    yield either("avif of another size than its picture", patched(sound, size, struct.pack(">II", 9, 9)))
    places = sound.index(b"iloc")
    yield bad("avif whose pixels lie nowhere", patched(sound, places + 4, b"\xff" * 24))
    yield bad("avif with a box of no size", patched(sound, sound.index(b"meta") - 4, b"\0\0\0\1"))
    yield bad("avif of noise", sound[:32] + random_bytes(400, 1))
    yield bad("heic with an avif inside", sound.replace(b"avif", b"heic").replace(b"mif1", b"heic"))
    data = sound.index(b"mdat") + 4
    for seed in range(4):
        yield either(f"avif with flipped data {seed}", flipped(sound, random_positions(sound, data, 9, seed)))
        yield either(f"avif with flipped boxes {seed}", flipped(sound, random_positions(sound[:data], 4, 2, seed)))
    yield valid("avif of one pixel", encoded(noise(1, 1), "AVIF", speed=10))
    frames = [noise(seed=seed) for seed in range(4)]
    yield valid("avif that moves", encoded(frames[0], "AVIF", speed=10, save_all=True, append_images=frames[1:]))


def bmps() -> Iterator[Case]:
    sound = encoded(noise(), "BMP")
    for length, data in cuts(sound, (0.0005, 0.003, 0.008, 0.2, 0.9)):
        yield bad(f"bmp cut after {length} bytes", data)
    yield bad("bmp of no width", patched(sound, 18, bytes(4)))
    yield bad("bmp of no height", patched(sound, 22, bytes(4)))
    yield huge("bmp of 2^31 x 2^31", patched(sound, 18, b"\xff\xff\xff\x7f" * 2))
    yield huge("bmp of negative width", patched(sound, 18, b"\xff\xff\xff\xff"))
    yield bad("bmp of 7 bits", patched(sound, 28, b"\x07"))
    yield bad("bmp of 255 bits", patched(sound, 28, b"\xff"))
    yield bad("bmp of an unknown compression", patched(sound, 30, b"\x63"))
    yield bad("bmp whose pixels lie past the end", patched(sound, 10, b"\xff\xff\xff\x7f"))
    yield bad("bmp with a header of 2 GB", patched(sound, 14, b"\xff\xff\xff\x7f"))
    yield bad("bmp with a header of no bytes", patched(sound, 14, bytes(4)))
    indexed = encoded(noise().convert("P"), "BMP")
    yield either("bmp with 2^32 colours", patched(indexed, 46, b"\xff" * 4))
    yield either("bmp with run lengths of noise", patched(indexed, 30, b"\x01"))
    yield either("bmp with colours past the palette", patched(indexed, 46, b"\x02\0\0\0"))
    yield valid("bmp from top to bottom", patched(sound, 22, struct.pack("<i", -40)))
    yield valid("bmp of one pixel", encoded(noise(1, 1), "BMP"))
    yield valid("bmp of 1 bit", encoded(noise(mode="L").convert("1"), "BMP"))


def pixmaps() -> Iterator[Case]:
    for name, data in {
        "of 10^8 x 10^8": b"P6 100000000 100000000 255\n" + bytes(99),
        "of 40,000 x 40,000": b"P5 40000 40000 255\n",
    }.items():
        yield huge(f"pixmap {name}", data)
    for name, data in {
        "of negative width": b"P6 -1 5 255\n" + bytes(99),
        "of no size": b"P6 0 0 255\n",
        "of no depth": b"P6 2 2 0\n" + bytes(99),
        "of 65,536 levels": b"P6 2 2 65536\n" + bytes(99),
        "cut": b"P6 20 20 255\n" + bytes(99),
        "of a number of 5,000 digits": b"P6 " + b"9" * 5_000 + b" 2 255\n",
        "that is a comment without end": b"P6 # " + b"x" * 100_000,
        "in words": b"P3 2 2 255\nred green blue",
        "in numbers too large": b"P3 1 1 255\n999 999 999\n",
        "in bits that are none": b"P1 2 2\n0 1 2 3\n",
    }.items():
        yield bad(f"pixmap {name}", data)
    yield either("pixmap of floats of no scale", b"Pf\n2 2\n0.0\n" + bytes(16))
    yield either("pixmap of floats of infinite scale", b"Pf\n2 2\n-inf\n" + bytes(16))
    yield valid("pixmap by hand", b"P3 1 1 255\n255 0 0\n")
    yield valid("pixmap of 16 bits", b"P5 2 2 65535\n" + bytes(range(8)))


def cases() -> Iterator[Case]:
    yield from webps()
    yield from avifs()
    yield from bmps()
    yield from pixmaps()
