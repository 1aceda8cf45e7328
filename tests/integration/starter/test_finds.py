"""The starter model finds everyday things among the demo pictures, in several languages."""

import json
from pathlib import Path

import numpy as np
import pytest

from models.encoder import OnnxEncoder
from models.pictures import decode_pixels

NAMES = ("dog face", "guitar", "red apple", "airplane", "umbrella", "bicycle", "rocket", "pizza", "snake", "piano")
WORDS = {
    "guitar": ["a guitar", "eine Gitarre", "гитара", "吉他"],
    "airplane": ["an aeroplane in the sky", "Flugzeug", "avión"],
    "bicycle": ["bicycle", "Fahrrad", "vélo"],
    "snake": ["a snake", "Schlange", "serpent"],
    "pizza": ["a slice of pizza", "Pizza", "пицца"],
}


@pytest.fixture(scope="module")
def gallery(encoder: OnnxEncoder) -> tuple[list[str], np.ndarray]:
    rows = [json.loads(line) for line in Path("demo/catalogue.jsonl").read_text(encoding="utf-8").splitlines()]
    chosen = {row["text"]: Path("demo") / row["image"] for row in rows if row["text"] in NAMES}
    pixels = [decode_pixels(p.read_bytes(), encoder.manifest.image.preprocessing) for p in chosen.values()]
    return list(chosen), encoder.encode_pixels(np.stack(pixels))


@pytest.mark.parametrize(("name", "word"), [(name, word) for name, words in WORDS.items() for word in words])
def test_words_find_the_picture(
    encoder: OnnxEncoder, gallery: tuple[list[str], np.ndarray], name: str, word: str
) -> None:
    names, pictures = gallery
    if name not in names:
        pytest.skip(f"{name} is not in the demo catalogue")
    scores = pictures @ encoder.encode_texts([word]).vectors[0]
    assert names[int(scores.argmax())] == name
