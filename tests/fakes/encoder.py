"""An encoder that answers when the test lets it, and remembers the order in which it was asked."""

import hashlib
import threading
from collections.abc import Sequence

import numpy as np

from models.arrays import Pixels, Vector, Vectors
from models.encoder import EncodedTexts
from models.errors import TextError
from models.manifest import Manifest
from tests.fakes.tiny_manifest import tiny_manifest


class FakeEncoder:
    """Vectors follow from the content alone. Texts in `poison` raise like a broken engine; "" raises TextError."""

    def __init__(self, manifest: Manifest | None = None, poison: Sequence[str] = ()) -> None:
        self._manifest = manifest or tiny_manifest()
        self._poison = set(poison)
        self._gate = threading.Event()
        self._gate.set()
        self._lock = threading.Lock()
        self.asked = threading.Event()
        """Set once a run began."""
        self.runs: list[list[str]] = []
        """The texts of each run in order; "picture" for pixels."""

    @property
    def manifest(self) -> Manifest:
        return self._manifest

    def hold(self) -> None:
        """Let runs begin, but not end."""
        self._gate.clear()

    def release(self) -> None:
        self._gate.set()

    def encode_pixels(self, pixels: Pixels) -> Vectors:
        self._begin(["picture"] * len(pixels))
        return np.stack([self.vector(one.tobytes()) for one in pixels])

    def encode_texts(self, texts: Sequence[str]) -> EncodedTexts:
        self._begin(list(texts))
        if self._poison & set(texts):
            raise RuntimeError("the engine broke")
        if "" in texts:
            raise TextError("empty")
        limit = self._manifest.text.context_length
        counts = [len(text.split()) for text in texts]
        vectors = np.stack([self.vector(text.encode()) for text in texts])
        return EncodedTexts(
            vectors, tuple(min(count, limit) for count in counts), tuple(count > limit for count in counts)
        )

    def vector(self, data: bytes) -> Vector:
        """The vector float32 [d] of this content."""
        seed = int.from_bytes(hashlib.sha256(data).digest()[:8], "little")
        vector = np.random.default_rng(seed).normal(size=self._manifest.dimension).astype(np.float32)
        return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)

    def _begin(self, contents: list[str]) -> None:
        with self._lock:
            self.runs.append(contents)
        self.asked.set()
        if not self._gate.wait(timeout=30):
            raise TimeoutError("the test never released the encoder")
