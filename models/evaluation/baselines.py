"""What the starter model is compared with, computed from the same bundle's own parts.

Owns ConSE (arXiv 1312.5650: a picture is the probability-weighted mean of its class names' sentence vectors)
and the caption-only search (sentence vectors of the items' texts). Both read diagnostic outputs that the
starter's graphs offer beside `embedding`: `class_logits` [n, 1000] and `sentence` [n, 512].
"""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime

from models.arrays import Vector, Vectors
from models.bundle import Bundle
from models.encoder import TextTokenizer
from models.pictures import decode_pixels

CLASS_NAMES = Path(__file__).parent / "class_names.json"
_TOP_CLASSES = 10
_TEXTS_A_RUN = 64


class Baselines:
    """The bundle's sentence encoder and classifier, used without anything the starter adds to them."""

    def __init__(self, bundle: Bundle) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        providers = ["CPUExecutionProvider"]
        self._seen: dict[Path, Vector] = {}
        self._spec = bundle.manifest.image.preprocessing
        self._tokenize = TextTokenizer(bundle)
        self._image = onnxruntime.InferenceSession(str(bundle.image_graph), options, providers=providers)
        self._text = onnxruntime.InferenceSession(str(bundle.text_graph), options, providers=providers)

    @property
    def is_available(self) -> bool:
        """Only the starter's graphs have the diagnostic outputs."""
        return "class_logits" in [output.name for output in self._image.get_outputs()]

    def sentences(self, texts: Sequence[str]) -> Vectors:
        """float32 [n, 512], unit length."""
        parts = []
        for start in range(0, len(texts), _TEXTS_A_RUN):
            ids, mask, _ = self._tokenize(texts[start : start + _TEXTS_A_RUN])
            parts.append(self._text.run(["sentence"], {"input_ids": ids, "attention_mask": mask})[0])
        return np.concatenate(parts)

    def conse(self, pictures: Sequence[Path]) -> Vectors:
        """float32 [n, 512], unit length: what the classifier says, in sentence vectors."""
        names = self.sentences(json.loads(CLASS_NAMES.read_text(encoding="utf-8")))
        new = [path for path in dict.fromkeys(pictures) if path not in self._seen]
        with ThreadPoolExecutor(2) as pool:
            self._seen.update(zip(new, pool.map(self._top_probabilities, new), strict=True))
        mixed = np.stack([self._seen[path] for path in pictures]) @ names
        return np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True), dtype=np.float32)

    def _top_probabilities(self, picture: Path) -> Vector:
        pixels = decode_pixels(picture.read_bytes(), self._spec)[None]
        logits = self._image.run(["class_logits"], {"pixels": pixels})[0][0]
        chances = np.exp(logits - logits.max())
        chances[np.argsort(chances)[:-_TOP_CLASSES]] = 0.0
        return np.asarray(chances / chances.sum(), dtype=np.float32)
