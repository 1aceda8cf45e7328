"""What is no picture, or not of a kind that is accepted: texts, programs, drawings, and two things at once."""

import gzip
import io
import json
import struct
import zipfile
from base64 import b64encode
from collections.abc import Iterator

from PIL import Image

from tests.poison.bytework import encoded, noise, random_bytes
from tests.poison.case import Case, bad, either

_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
_EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n(%pipe%touch /tmp/owned) (w) file\nshowpage\n"


def cases() -> Iterator[Case]:
    for name, data in {**_nothings(), **_texts(), **_drawings(), **_files(), **_two_things()}.items():
        yield bad(name, data)
    sound = encoded(noise(), "PNG")
    yield either("png with a byte before it", b"\0" + sound)
    yield either("png in a byte-order mark", b"\xef\xbb\xbf" + sound)


def _nothings() -> dict[str, bytes]:
    return {
        "nothing": b"",
        "one zero": b"\0",
        "one letter": b"x",
        "a line end": b"\r\n",
        "a megabyte of zeros": bytes(1_000_000),
        "a megabyte of ones": b"\xff" * 1_000_000,
        "noise": random_bytes(50_000, 1),
        "noise of 16 bytes": random_bytes(16, 2),
    }


def _texts() -> dict[str, bytes]:
    sound = encoded(noise(), "PNG")
    return {
        "a sentence": b"this is not a picture",
        "a sentence in UTF-16": "this is not a picture".encode("utf-16"),
        "JSON": json.dumps({"image": [0] * 999}).encode(),
        "base64 of a picture": b64encode(sound),
        "a data URI of a picture": b"data:image/png;base64," + b64encode(sound),
        "a path": b"/etc/passwd",
        "a file URL": b"file:///etc/passwd",
        "a web page": b"<!doctype html><html><body><img src=x onerror=alert(1)></body></html>",
        "a script": b"#!/bin/sh\nrm -rf ~\n",
    }


def _drawings() -> dict[str, bytes]:
    head = '<?xml version="1.0"?><!DOCTYPE svg ['
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><text>{}</text></svg>'
    return {
        "a drawing": svg.format("x").encode(),
        "a drawing with a billion laughs": f'{head}<!ENTITY l0 "ha">{_LAUGHS}]>{svg.format("&l9;")}'.encode(),
        "a drawing that reads a file": f'{head}<!ENTITY x SYSTEM "file:///etc/passwd">]>{svg.format("&x;")}'.encode(),
        "a drawing that fetches": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1:1/x"/></svg>',
        "PostScript": b"%!PS\n{ } loop\n",
        "encapsulated PostScript": _EPS,
        "encapsulated PostScript for DOS": b"\xc5\xd0\xd3\xc6" + struct.pack("<II", 30, len(_EPS)) + bytes(18) + _EPS,
        "a page": encoded(noise(), "PDF"),
        "a page of PostScript tricks": b"%PDF-1.4\n1 0 obj<</Filter[/FlateDecode/FlateDecode]>>stream\nendstream",
        "a pixmap for X": b'/* XPM */\nstatic char *x[] = {"9999999 9999999 1 1", "a c #fff"};\n',
        "a bitmap for X": b"#define a_width 99999999\n#define a_height 99999999\nstatic char a[] = {0x00};\n",
        "a Windows metafile": b"\xd7\xcd\xc6\x9a" + bytes(40),
    }


def _files() -> dict[str, bytes]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.png", encoded(noise(), "PNG"))
    return {
        "an archive": archive.getvalue(),
        "a packed picture": gzip.compress(encoded(noise(), "PNG"), mtime=0),
        "a program": b"\x7fELF\x02\x01\x01" + random_bytes(900, 3),
        "a program for Windows": b"MZ" + random_bytes(900, 4),
        "an icon": encoded(noise(), "ICO"),
        "an icon of icons": _nested_icon(4),
        "an icon for a Mac": encoded(noise(64, 64), "ICNS"),
        "an icon for a Mac of endless parts": b"icns"
        + struct.pack(">I", 24)
        + b"ic07"
        + struct.pack(">I", 0)
        + bytes(8),
        "a JPEG 2000": encoded(noise(), "JPEG2000"),
        "a Targa": encoded(noise(), "TGA"),
        "a Photoshop file": b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 99, 99, 8, 3) + bytes(99),
        "a texture": encoded(noise(), "DDS"),
        "a film": b"\0\0\0\x18ftypmp42" + random_bytes(900, 5),
        "a HEIC": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + random_bytes(300, 6),
        "a pickle": b"cposix\nsystem\n(S'id'\ntR.",
        "a sound": b"RIFF\x24\0\0\0WAVEfmt " + bytes(28),
    }


def _two_things() -> dict[str, bytes]:
    sound = encoded(noise(), "JPEG")
    return {
        "a script that starts like a GIF": b"GIF89a=1;alert(1);//" + b"x" * 200,
        "a page that starts like a GIF": b"GIF89a<html><script>alert(1)</script></html>",
        "a script that starts like a BMP": b"BM=1;/*" + bytes(50) + b"*/alert(1)",
        "a web page with a JPEG inside": b"<html>" + sound,
        "a page with a JPEG inside": b"%PDF-1.3\n1 0 obj<</Subtype/Image/Filter/DCTDecode>>stream\n" + sound,
        "an archive with a JPEG behind it": b"PK\x03\x04" + bytes(26) + sound,
        "a PNG signature before a JPEG": b"\x89PNG\r\n\x1a\n" + sound,
        "a JPEG signature before a PNG": b"\xff\xd8\xff" + encoded(noise(), "PNG"),
        "a WebP container around a PNG": b"RIFF\x24\0\0\0WEBP" + encoded(noise(), "PNG"),
    }


def _nested_icon(depth: int) -> bytes:
    inner = encoded(Image.new("RGB", (16, 16)), "PNG")
    for _ in range(depth):
        inner = b"\0\0\1\0\1\0" + struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(inner), 22) + inner
    return inner
