"""SentencePiece model to `tokenizer.json`, exactly and without a dependency.

Owns the reading of the protobuf fields that matter and the layout of the JSON of Hugging Face
tokenizers. The output is the same bytes everywhere, so the manifest can state its checksum.
Control pieces get a name no normalised text can contain: a text never forges `<s>`.
"""

import base64
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BOS, EOS = 1, 2
_NORMAL_PIECE = 1
_CONTROL_MARK = "\x01"  # the normaliser removes it from every text


def convert(model: Path) -> bytes:
    """The bytes of `tokenizer.json` for the Unigram SentencePiece model at `model`."""
    return json.dumps(describe(model.read_bytes()), ensure_ascii=False, separators=(",", ":")).encode()


def describe(model: bytes) -> dict[str, Any]:  # the JSON document, not a value of ours
    """The tokenizer as the document that Hugging Face tokenizers reads."""
    pieces, charsmap = _read(model)
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": False}
    charsmap_text = base64.b64encode(charsmap).decode()
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "Precompiled", "precompiled_charsmap": charsmap_text},
                {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
                {"type": "Strip", "strip_left": True, "strip_right": True},
            ],
        },
        "pre_tokenizer": metaspace,
        "post_processor": _sentence_marks(),
        "decoder": metaspace,
        "model": {"type": "Unigram", "unk_id": 0, "vocab": pieces, "byte_fallback": False},
    }


def _sentence_marks() -> dict[str, Any]:
    def mark(name: str) -> dict[str, Any]:
        return {"SpecialToken": {"id": name, "type_id": 0}}

    def token(name: str, number: int) -> dict[str, Any]:
        return {"id": name, "ids": [number], "tokens": [name]}

    first, second = ({"Sequence": {"id": name, "type_id": 0}} for name in "AB")
    return {
        "type": "TemplateProcessing",
        "single": [mark("<s>"), first, mark("</s>")],
        "pair": [mark("<s>"), first, second, mark("</s>")],
        "special_tokens": {"<s>": token("<s>", BOS), "</s>": token("</s>", EOS)},
    }


def _read(model: bytes) -> tuple[list[tuple[str, float]], bytes]:
    """Pieces with their log probabilities, and the compiled normalisation map."""
    pieces: list[tuple[str, float]] = []
    charsmap = b""
    for field, value in _fields(model):
        if field == 1:
            pieces.append(_piece(value))
        elif field == 3:  # normalizer_spec
            charsmap = next((part for number, part in _fields(value) if number == 2), b"")
    return pieces, charsmap


def _piece(message: bytes) -> tuple[str, float]:
    fields = dict(_fields(message))
    kind = int.from_bytes(fields.get(3, bytes([_NORMAL_PIECE])), "little")
    name = fields[1].decode()
    (score,) = struct.unpack("<f", fields.get(2, b"\0\0\0\0"))
    return (name if kind == _NORMAL_PIECE else _CONTROL_MARK + name), score


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """The fields of one protobuf message: number and raw value (a varint as its little-endian bytes)."""
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, position = _varint(message, position)
            yield number, value.to_bytes(8, "little")
            continue
        if wire == 2:
            length, position = _varint(message, position)
        else:
            length = {1: 8, 5: 4}[wire]
        yield number, message[position : position + length]
        position += length


def _varint(message: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
