"""Vectors of pictures and texts for an evaluation, on the product's path, kept between runs.

Owns the cache: one file a set of pictures and tower fingerprint, so that a new bundle never meets old
vectors. Pictures go through `models.pictures`, vectors through the encoder of the service.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from models.arrays import Vector, Vectors
from models.encoder import Encoder
from models.pictures import decode_pixels

_TEXTS_A_RUN = 64


class EmbeddingStore:
    """An encoder with a folder that remembers what it said."""

    def __init__(self, encoder: Encoder, cache: Path, workers: int = 2) -> None:
        self._encoder = encoder
        self._cache = cache
        self._workers = workers
        self._seen: dict[Path, Vector] = {}

    @property
    def encoder(self) -> Encoder:
        return self._encoder

    def pictures(self, paths: Sequence[Path]) -> Vectors:
        """float32 [n, d], one row a picture."""
        tower = self._encoder.manifest.image.fingerprint
        return self._remembered(tower, map(str, paths), lambda: self._encode_pictures(paths))

    def texts(self, texts: Sequence[str]) -> Vectors:
        """float32 [n, d], one row a text."""
        tower = self._encoder.manifest.text.fingerprint
        return self._remembered(tower, texts, lambda: self._encode_texts(texts))

    def _remembered(self, tower: str, names: Iterable[str], make: Callable[[], Vectors]) -> Vectors:
        listing = "\n".join(names)
        path = self._cache / f"{tower[:16]}-{hashlib.sha256(listing.encode()).hexdigest()[:16]}.npy"
        if path.exists():
            kept: Vectors = np.load(path)
            return kept
        vectors = make()
        path.parent.mkdir(parents=True, exist_ok=True)
        incoming = path.with_suffix(".incoming.npy")
        np.save(incoming, vectors)
        incoming.replace(path)
        return vectors

    def _encode_pictures(self, paths: Sequence[Path]) -> Vectors:
        """Lists overlap; a picture is encoded once a run."""
        new = [path for path in dict.fromkeys(paths) if path not in self._seen]
        with ThreadPoolExecutor(self._workers) as pool:
            self._seen.update(zip(new, pool.map(self._encode_picture, new), strict=True))
        return np.stack([self._seen[path] for path in paths])

    def _encode_picture(self, path: Path) -> Vector:
        pixels = decode_pixels(path.read_bytes(), self._encoder.manifest.image.preprocessing)
        vector: Vector = self._encoder.encode_pixels(pixels[None])[0]
        return vector

    def _encode_texts(self, texts: Sequence[str]) -> Vectors:
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        vectors = np.empty((len(texts), self._encoder.manifest.dimension), dtype=np.float32)
        for start in range(0, len(order), _TEXTS_A_RUN):
            rows = order[start : start + _TEXTS_A_RUN]
            vectors[rows] = self._encoder.encode_texts([texts[row] for row in rows]).vectors
        return vectors
