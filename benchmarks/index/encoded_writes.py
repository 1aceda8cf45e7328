"""Vectors of the texts of products, encoded by a bundle in a process of its own, as in the server."""

import json
import random
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from vector_sources import Vectors

from models import OnnxEncoder, open_bundle
from models.encoder import Encoder

DEMO = Path("demo/catalogue.jsonl")
PRODUCTS_A_TEXT = 3
BATCH = 64
FIRST_KNOWN = 1_000_000_000
"""The number of the first text that is known before anything is written: writes count from 0."""
WAIT_S = 60.0
_opened: list[Encoder] = []
"""Of the child process, set once by its initializer."""


class EncodedWrites:
    """Called with the number of the first write and how many there are: float32 [n, d]. `close` ends the process."""

    def __init__(self, bundle: Path) -> None:
        lines = DEMO.read_text(encoding="utf-8").splitlines()
        self._names = sorted({json.loads(line)["text"] for line in lines})
        self._pool = ProcessPoolExecutor(1, get_context("spawn"), _open, (bundle,))
        self(0, 1)  # the process starts with the first call

    def __call__(self, first: int, count: int) -> Vectors:
        return self._pool.submit(_encode, [self._text(first + n) for n in range(count)]).result(WAIT_S)

    def known(self, count: int) -> Vectors:
        """Of products that were there before the writes: float32 [n, d]."""
        starts = range(0, count, BATCH)
        return np.concatenate([self(FIRST_KNOWN + start, min(BATCH, count - start)) for start in starts])

    def _text(self, number: int) -> str:
        """Of several demo products, so that no two of the texts are alike."""
        return ", ".join(random.Random(number).sample(self._names, PRODUCTS_A_TEXT))

    def close(self) -> None:
        self._pool.shutdown()


def _open(bundle: Path) -> None:
    _opened.append(OnnxEncoder(open_bundle(bundle)))


def _encode(texts: Sequence[str]) -> Vectors:
    return _opened[0].encode_texts(texts).vectors
