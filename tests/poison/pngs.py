"""PNG files: broken chunks, lying headers, streams that inflate without end, odd but sound ones."""

import struct
import zlib
from collections.abc import Iterator

from PIL import Image, PngImagePlugin

from tests.poison.bytework import cuts, encoded, flipped, noise, random_bytes
from tests.poison.case import Case, bad, either, huge, valid

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_IEND = b"IEND", b""


def chunk(kind: bytes, body: bytes, crc: int | None = None, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return struct.pack(">I", size) + kind + body + struct.pack(">I", zlib.crc32(kind + body) if crc is None else crc)


def header(
    width: int = 4, height: int = 4, depth: int = 8, colour: int = 2, method: int = 0, filter_: int = 0, lace: int = 0
) -> tuple[bytes, bytes]:
    return b"IHDR", struct.pack(">2I5B", width, height, depth, colour, method, filter_, lace)


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    return SIGNATURE + b"".join(chunk(kind, body) for kind, body in chunks)


def rows(count: int = 4, width_bytes: int = 12, filter_: int = 0) -> tuple[bytes, bytes]:
    return b"IDAT", zlib.compress((bytes([filter_]) + b"\x50" * width_bytes) * count)


def zeros(count: int) -> bytes:
    """`count` zero bytes, deflated."""
    packer, block = zlib.compressobj(1), bytes(1 << 20)
    whole, rest = divmod(count, len(block))
    return b"".join([*(packer.compress(block) for _ in range(whole)), packer.compress(bytes(rest)), packer.flush()])


def cases() -> Iterator[Case]:
    yield from _cut_and_flipped()
    yield from _lying_headers()
    yield from _broken_streams()
    yield from _bombs()
    yield from _odd()


def _cut_and_flipped() -> Iterator[Case]:
    sound = encoded(noise(), "PNG")
    for length, data in cuts(sound, (0.002, 0.004, 0.006, 0.01, 0.1, 0.4, 0.7, 0.95)):
        yield bad(f"png cut after {length} bytes", data)
    yield bad("png with a damaged signature", flipped(sound, [1]))
    yield bad("png with a damaged header", flipped(sound, [18]))
    yield bad("png with a wrong header checksum", flipped(sound, [30]))
    yield either("png with a damaged chunk length", flipped(sound, [33], 0x7F))
    yield bad("png with damaged pixels", flipped(sound, [600]))
    yield either("png without its end", sound[:-12])


def _lying_headers() -> Iterator[Case]:
    yield bad("png of no width", png(header(width=0), rows(), _IEND))
    yield bad("png of no height", png(header(height=0), rows(), _IEND))
    yield huge("png of negative width", png(header(width=0xFFFFFFFF), rows(), _IEND))
    yield huge("png of 2^31 columns", png(header(width=1 << 31), rows(), _IEND))
    yield huge("png of 100,000 x 100,000 without pixels", png(header(100_000, 100_000), rows(), _IEND))
    yield bad("png of 3 bits", png(header(depth=3), rows(), _IEND))
    yield bad("png of 255 bits", png(header(depth=255), rows(), _IEND))
    yield bad("png of colour type 5", png(header(colour=5), rows(), _IEND))
    yield either("png of an unknown compression", png(header(method=9), rows(), _IEND))
    yield either("png of an unknown filter method", png(header(filter_=9), rows(), _IEND))
    yield either("png of an unknown interlacing", png(header(lace=9), rows(), _IEND))
    yield bad("png with a short header", png((b"IHDR", b"\0\0\0\4\0\0"), rows(), _IEND))
    yield bad("png without a header", png(rows(), _IEND))
    yield either("png with its pixels first", png(rows(), header(), _IEND))
    yield either("png with two headers", png(header(), header(9, 9), rows(), _IEND))
    yield bad("png of a header alone", png(header()))
    yield bad("png of a header and an end", png(header(), _IEND))
    start = SIGNATURE + chunk(*header())
    yield bad("png with a chunk of 2 GB", start + chunk(b"IDAT", b"x" * 20, length=0x7FFFFFFF))
    yield bad("png with a chunk of negative length", start + chunk(b"IDAT", b"x" * 20, length=0xFFFFFFFF))
    yield bad("png with a nameless critical chunk", start + chunk(b"\0\0\0\0", b"x" * 20) + chunk(*rows()))


def _broken_streams() -> Iterator[Case]:
    yield either("png with too few rows", png(header(), rows(2), _IEND))
    yield bad("png with an unknown row filter", png(header(), rows(filter_=9), _IEND))
    yield bad("png with noise for a stream", png(header(), (b"IDAT", random_bytes(200, 2)), _IEND))
    yield bad("png with an empty stream", png(header(), (b"IDAT", b""), _IEND))
    kind, stream = rows()
    yield either("png with a wrong sum of its stream", png(header(), (kind, flipped(stream, [-1])), _IEND))
    yield either("png with rows to spare", png(header(), rows(400), _IEND))
    yield either("png with a stream in chunks of one byte", png(header(), *((kind, bytes([b])) for b in stream), _IEND))
    yield either("png of indexes without a palette", png(header(colour=3), rows(width_bytes=4), _IEND))
    palette = (b"PLTE", b"\xff\0\0\0\xff\0")
    yield either("png of indexes past the palette", png(header(colour=3), palette, rows(width_bytes=4), _IEND))
    yield either("png with 300 colours", png(header(colour=3), (b"PLTE", bytes(900)), rows(width_bytes=4), _IEND))
    yield either("png with a palette of 4 bytes", png(header(colour=3), (b"PLTE", b"abcd"), rows(width_bytes=4), _IEND))
    yield either("png with a broken colour profile", png(header(), (b"iCCP", b"x\0\0" + bytes(9)), rows(), _IEND))
    yield either("png with a profile of one byte", png(header(), (b"iCCP", b"x"), rows(), _IEND))
    yield either("png with a short gamma", png(header(), (b"gAMA", b"\0"), rows(), _IEND))
    yield either("png with short chromaticities", png(header(), (b"cHRM", b"\0"), rows(), _IEND))
    yield either("png with short transparency", png(header(), (b"tRNS", b"\0"), rows(), _IEND))
    yield either("png with short resolution", png(header(), (b"pHYs", b"\0"), rows(), _IEND))
    yield either("png with an animation of no frames", png(header(), (b"acTL", bytes(8)), rows(), _IEND))
    lying = (b"acTL", struct.pack(">2I", 0x7FFFFFFF, 0))
    yield either("png with an animation of 2^31 frames", png(header(), lying, rows(), _IEND))
    frame = (b"fcTL", struct.pack(">5I2H2B", 0, 99, 99, 50, 50, 1, 1, 0, 0))
    yield either("png with a frame outside", png(header(), (b"acTL", struct.pack(">2I", 2, 0)), frame, rows(), _IEND))
    yield either("png with an exif that loops", png(header(), (b"eXIf", looping_exif()), rows(), _IEND))
    yield either("png with an exif of noise", png(header(), (b"eXIf", b"II*\0" + random_bytes(99, 3)), rows(), _IEND))


def _bombs() -> Iterator[Case]:
    yield huge("png of 30,000 x 30,000 zeros", png(header(30_000, 30_000, 1, 0), (b"IDAT", zeros(112_530_000)), _IEND))
    yield huge("png of 40,000,000 x 2", png(header(40_000_000, 2, 1, 0), (b"IDAT", zeros(10_000_002)), _IEND))
    flood = zeros(100_000_000)
    yield either("png whose text inflates to 100 MB", png(header(), (b"zTXt", b"a\0\0" + flood), rows(), _IEND))
    yield either("png whose iTXt inflates", png(header(), (b"iTXt", b"a\0\1\0\0\0" + flood), rows(), _IEND))
    yield either("png whose profile inflates", png(header(), (b"iCCP", b"a\0\0" + flood), rows(), _IEND))
    yield either("png whose rows go on for 100 MB", png(header(), (b"IDAT", flood), _IEND))
    many = [(b"tEXt", b"key%d\0value" % number) for number in range(50_000)]
    yield either("png with 50,000 texts", png(header(), *many, rows(), _IEND))
    yield either("png with 50,000 empty chunks", png(header(), *[(b"teST", b"")] * 50_000, rows(), _IEND))


def _odd() -> Iterator[Case]:
    yield valid("png of one pixel", encoded(noise(1, 1), "PNG"))
    yield valid("png of one transparent pixel", encoded(Image.new("RGBA", (1, 1), (0, 0, 0, 0)), "PNG"))
    yield valid("png of 1 x 20,000", encoded(noise(1, 20_000), "PNG"))
    yield valid("png of 20,000 x 1", encoded(noise(20_000, 1), "PNG"))
    yield valid("png of 1 bit", encoded(noise(40, 40, "L").convert("1"), "PNG"))
    yield valid("png of 16 bits", png(header(4, 4, 16, 0), rows(width_bytes=8), _IEND))
    yield valid("png of 16 bits and four channels", png(header(4, 4, 16, 6), rows(width_bytes=32), _IEND))
    yield valid("png with every colour transparent", encoded(_clear_palette(), "PNG", transparency=bytes(256)))
    yield valid("png with a text", encoded(noise(), "PNG", pnginfo=_text()))
    yield valid("png with a large profile", encoded(noise(), "PNG", icc_profile=random_bytes(500_000, 4)))
    yield valid("png with orientation 7", encoded(noise(), "PNG", exif=oriented(7)))
    yield valid("png with orientation 99", encoded(noise(), "PNG", exif=oriented(99)))
    yield valid("png with a megabyte behind it", encoded(noise(), "PNG") + bytes(1_000_000))
    frames = [noise(seed=seed) for seed in range(20)]
    yield valid("png with 20 frames", encoded(frames[0], "PNG", save_all=True, append_images=frames[1:]))


def oriented(value: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = value
    return exif


def looping_exif() -> bytes:
    """A directory that names itself as the next one, and as its own sub-directory."""
    entry = struct.pack("<HHII", 0x8769, 4, 1, 8)
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 1) + entry + struct.pack("<I", 8)


def _clear_palette() -> Image.Image:
    return noise(40, 40).convert("P")


def _text() -> PngImagePlugin.PngInfo:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "<script>alert(1)</script>" * 100)
    return text
