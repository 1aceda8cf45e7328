"""JPEG files: cut, mislabelled, without tables, with endless scans, in odd colours."""

import struct
from collections.abc import Iterator

from PIL import Image

from tests.poison.bytework import cuts, encoded, flipped, noise, patched, random_bytes, random_positions
from tests.poison.case import Case, bad, either, huge, valid
from tests.poison.pngs import looping_exif, oriented

SOI, EOI = b"\xff\xd8", b"\xff\xd9"
_DHT, _DQT, _SOF, _SOS = 0xC4, 0xDB, 0xC0, 0xDA


def segment(marker: int, body: bytes, length: int | None = None) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2 if length is None else length) + body


def parts(data: bytes) -> list[tuple[int, bytes]]:
    """Markers and their bytes in order; a scan carries its entropy-coded data."""
    found, at = [], 2
    while at < len(data) - 2:
        marker, length = data[at + 1], struct.unpack(">H", data[at + 2 : at + 4])[0]
        end = at + 2 + length
        while marker == _SOS and not (data[end] == 0xFF and data[end + 1] not in (0, *range(0xD0, 0xD8))):
            end += 1
        found.append((marker, data[at:end]))
        at = end
    return found


def joined(pieces: list[tuple[int, bytes]]) -> bytes:
    return SOI + b"".join(body for _, body in pieces) + EOI


def place(data: bytes, marker: int) -> int:
    """Where the body of the first such segment begins."""
    at = 2
    while data[at + 1] != marker:
        at += 2 + int(struct.unpack(">H", data[at + 2 : at + 4])[0])
    return at + 4


def cases() -> Iterator[Case]:
    yield from _cut_and_flipped()
    yield from _lying_frames()
    yield from _without_parts()
    yield from _metadata()
    yield from _odd()


def _cut_and_flipped() -> Iterator[Case]:
    sound = encoded(noise(), "JPEG")
    for length, data in cuts(sound, (0.001, 0.003, 0.01, 0.05, 0.1, 0.15, 0.3, 0.6, 0.9)):
        yield bad(f"jpeg cut after {length} bytes", data)
    waves = encoded(noise(), "JPEG", progressive=True)
    for length, data in cuts(waves, (0.2, 0.5, 0.8)):
        yield bad(f"progressive jpeg cut after {length} bytes", data)
    yield either("jpeg without its end", sound[:-2])
    yield bad("jpeg without its start", sound[2:])
    start = place(sound, _SOS) + 10
    for seed in range(6):
        yield either(f"jpeg with flipped data {seed}", flipped(sound, random_positions(sound, start, 8, seed)))
        yield either(f"jpeg with flipped header {seed}", flipped(sound, random_positions(sound[:start], 2, 3, seed)))


def _lying_frames() -> Iterator[Case]:
    sound = encoded(noise(), "JPEG")
    frame = place(sound, _SOF)
    yield bad("jpeg of no width", patched(sound, frame + 3, b"\0\0"))
    yield bad("jpeg of no height", patched(sound, frame + 1, b"\0\0"))
    yield huge("jpeg of 65,535 x 65,535", patched(sound, frame + 1, b"\xff" * 4))
    yield bad("jpeg of 12 bits", patched(sound, frame, b"\x0c"))
    yield bad("jpeg of 16 bits", patched(sound, frame, b"\x10"))
    yield bad("jpeg of no components", patched(sound, frame + 5, b"\0"))
    yield bad("jpeg of 200 components", patched(sound, frame + 5, b"\xc8"))
    yield bad("jpeg with sampling of 0", patched(sound, frame + 7, b"\0"))
    yield bad("jpeg with sampling of 15", patched(sound, frame + 7, b"\xff"))
    for marker, kind in ((0xC3, "lossless"), (0xC5, "differential"), (0xC7, "differential lossless"), (0xCB, "SOF11")):
        yield bad(f"jpeg that claims to be {kind}", patched(sound, frame - 3, bytes([marker])))
    yield either("jpeg that claims arithmetic coding", patched(sound, frame - 3, b"\xc9"))
    yield either("jpeg that claims to be progressive", patched(sound, frame - 3, b"\xc2"))
    yield either("jpeg that claims to be extended", patched(sound, frame - 3, b"\xc1"))
    scan = place(sound, _SOS)
    yield bad("jpeg whose scan has no components", patched(sound, scan, b"\0"))
    yield bad("jpeg whose scan names strangers", patched(sound, scan + 1, b"\x77"))
    yield bad("jpeg with a segment of length 0", patched(sound, frame - 2, b"\0\0"))
    yield bad("jpeg with a segment of length 1", patched(sound, frame - 2, b"\0\1"))
    yield bad("jpeg with a segment past the end", patched(sound, frame - 2, b"\xff\xff"))


def _without_parts() -> Iterator[Case]:
    pieces = parts(encoded(noise(), "JPEG"))
    yield either("jpeg without quantisation", joined([piece for piece in pieces if piece[0] != _DQT]))
    yield either("jpeg without codes", joined([piece for piece in pieces if piece[0] != _DHT]))
    yield bad("jpeg without a frame", joined([piece for piece in pieces if piece[0] != _SOF]))
    yield bad("jpeg without a scan", joined([piece for piece in pieces if piece[0] != _SOS]))
    twice = [copy for piece in pieces for copy in ([piece] * 2 if piece[0] == _SOF else [piece])]
    yield bad("jpeg with two frames", joined(twice))
    full = (_DHT, segment(_DHT, b"\0" + b"\xff" * 16 + bytes(4080)))
    yield bad("jpeg with 4,080 codes in a table", joined([full, *pieces]))
    table = (_DQT, segment(_DQT, b"\x0f" + b"\1" * 64))
    yield either("jpeg with quantisation table 15", joined([table, *pieces]))
    yield either("jpeg quantised by zeros", joined([(_DQT, segment(_DQT, bytes(65))), *pieces]))
    yield bad("jpeg of 10,000 starts", SOI * 10_000)
    yield bad("jpeg of a megabyte of padding", SOI + b"\xff" * 1_000_000)
    yield bad("jpeg of 2,000 comments", SOI + segment(0xFE, b"x" * 60) * 2_000)
    yield bad("jpeg of noise", SOI + random_bytes(2_000, 6))


def _metadata() -> Iterator[Case]:
    pieces = parts(encoded(noise(), "JPEG"))

    def leading(marker: int, body: bytes) -> bytes:
        return joined([(marker, segment(marker, body)), *pieces])

    yield either("jpeg with an exif that loops", leading(0xE1, b"Exif\0\0" + looping_exif()))
    yield either("jpeg with an exif of noise", leading(0xE1, b"Exif\0\0II*\0" + random_bytes(500, 7)))
    yield either("jpeg with an exif of one byte", leading(0xE1, b"Exif\0\0I"))
    yield either("jpeg with half a profile", leading(0xE2, b"ICC_PROFILE\0\1\2" + random_bytes(500, 8)))
    yield either("jpeg with part 9 of 1 of a profile", leading(0xE2, b"ICC_PROFILE\0\x09\1" + b"x" * 50))
    yield either("jpeg with a short Adobe marker", leading(0xEE, b"Adobe"))
    yield either("jpeg with Adobe transform 7", leading(0xEE, b"Adobe\0\x64\0\0\0\0\7"))
    yield either("jpeg with a broken Photoshop block", leading(0xED, b"Photoshop 3.0\x008BIM\x04\x04\xff" + b"x" * 20))
    index = b"MPF\0II*\0" + struct.pack("<IHHHII", 8, 1, 0xB001, 4, 1, 0x7FFFFFFF) + bytes(4)
    yield either("jpeg with 2^31 further pictures", leading(0xE2, index))
    for value in (0, 9, 0xFFFF):
        yield valid(f"jpeg with orientation {value}", encoded(noise(), "JPEG", exif=oriented(value)))
    yield valid("jpeg with 60 kB of exif", encoded(noise(), "JPEG", exif=b"Exif\0\0" + _long_exif()))
    yield valid("jpeg with a script in its comment", leading(0xFE, b"<?php system($_GET['c']); ?><script>x()</script>"))
    yield valid("jpeg with 500 comments", joined([*[(0xFE, segment(0xFE, b"x" * 60))] * 500, *pieces]))


def _odd() -> Iterator[Case]:
    yield valid("jpeg of one pixel", encoded(noise(1, 1), "JPEG"))
    yield valid("jpeg of 1 x 9,000", encoded(noise(1, 9_000), "JPEG"))
    yield valid("jpeg of 9,000 x 1", encoded(noise(9_000, 1), "JPEG"))
    yield valid("jpeg in grey", encoded(noise(mode="L"), "JPEG"))
    yield valid("jpeg in CMYK", encoded(noise(mode="CMYK"), "JPEG"))
    yield valid("jpeg in CMYK, cut in scans", encoded(noise(mode="CMYK"), "JPEG", progressive=True))
    yield valid("progressive jpeg", encoded(noise(), "JPEG", progressive=True))
    yield valid("jpeg of quality 1", encoded(noise(), "JPEG", quality=1))
    yield valid("jpeg without subsampling", encoded(noise(), "JPEG", subsampling=0, quality=100))
    yield valid("jpeg with restart marks", encoded(noise(), "JPEG", restart_marker_blocks=1))
    yield valid("jpeg with a web page behind it", encoded(noise(), "JPEG") + b"<html><script>alert(1)</script></html>")
    yield valid("jpeg with an archive behind it", encoded(noise(), "JPEG") + b"PK\x03\x04" + random_bytes(900, 9))
    yield valid("jpeg with a profile of noise", encoded(noise(), "JPEG", icc_profile=random_bytes(200_000, 10)))
    yield valid("jpeg of 50 scans more than it needs", many_scans(64, 50))


def many_scans(side: int, count: int) -> bytes:
    """A progressive JPEG of `side` x `side` grey pixels with one empty scan `count` times more: slow to decode."""
    pieces = parts(encoded(Image.new("L", (side, side), 90), "JPEG", progressive=True))
    last = max(index for index, (marker, body) in enumerate(pieces) if marker == _SOS and body[7] > 0)
    return joined([*pieces[: last + 1], *[pieces[last]] * count, *pieces[last + 1 :]])


def _long_exif() -> bytes:
    entry = struct.pack("<HHII", 0x010E, 2, 60_000, 26)
    return b"II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 0) + b"x" * 60_000
