"""Frozen features of pictures and texts for training, computed once and kept in `data/cache`.

Pictures come through `models.pictures`, the product's own path. Owns the cache files; knows no training.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor
from torch.export import Dim

from models.export.graphs import export_graph
from models.pictures import Preprocessing, decode_pixels
from models.sources import SourceItem
from models.starter.image_tower import SIZE, Frozen, FrozenTower
from models.starter.text_tower import SentenceEncoder, embed_texts

PREPROCESSING = Preprocessing(SIZE, fit="pad", resample="bicubic")


class FeatureSession:
    """The frozen tower in ONNX Runtime: several times faster on a CPU than eager torch. Thread-safe."""

    def __init__(self, tower: FrozenTower) -> None:
        pixels = {"pixels": torch.zeros(2, SIZE, SIZE, 3, dtype=torch.uint8)}
        graph = export_graph(tower, pixels, {"pixels": {0: Dim("n")}}, Frozen._fields).SerializeToString()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.fingerprint = hashlib.sha256(graph).hexdigest()
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def __call__(self, pixels: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """One picture [size, size, 3] to the rows of `Frozen`."""
        return [output[0] for output in self._session.run(None, {"pixels": pixels[None]})]


class FeatureCache:
    """Features by what they were made of: a tower's fingerprint and the names of its inputs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def pictures(self, session: FeatureSession, paths: Sequence[Path]) -> Frozen:
        def make() -> dict[str, NDArray[np.float32]]:
            with ThreadPoolExecutor(2) as pool:
                rows = list(pool.map(lambda path: session(decode_pixels(path.read_bytes(), PREPROCESSING)), paths))
            return {name: np.stack([row[column] for row in rows]) for column, name in enumerate(Frozen._fields)}

        arrays = self._remembered(session.fingerprint, map(str, paths), make)
        return Frozen(**{name: torch.from_numpy(array) for name, array in arrays.items()})

    def texts(self, encoder: SentenceEncoder, tokenizer: Tokenizer, texts: Sequence[str]) -> Tensor:
        """float32 [n, 512]."""

        def make() -> dict[str, NDArray[np.float32]]:
            return {"sentences": embed_texts(encoder, tokenizer, texts).numpy()}

        return torch.from_numpy(self._remembered("sentences", texts, make)["sentences"])

    def _remembered(
        self, source: str, names: Iterable[str], make: Callable[[], dict[str, NDArray[np.float32]]]
    ) -> dict[str, NDArray[np.float32]]:
        key = hashlib.sha256("\n".join([source, *names]).encode()).hexdigest()[:20]
        path = self._folder / f"{key}.npz"
        if not path.exists():
            arrays = make()
            path.parent.mkdir(parents=True, exist_ok=True)
            incoming = path.with_suffix(".incoming.npz")
            np.savez(incoming, **arrays)  # type: ignore[arg-type]
            incoming.replace(path)
        with np.load(path) as archive:
            return {name: archive[name] for name in archive.files}


class FrozenPictures:
    """Frozen features by picture, so that every step below asks for the items it means."""

    def __init__(self, cache: FeatureCache, session: FeatureSession, items: Iterable[SourceItem]) -> None:
        paths = sorted({item.picture for item in items})
        self._rows = {path: row for row, path in enumerate(paths)}
        self._columns = cache.pictures(session, paths)

    def __len__(self) -> int:
        return len(self._rows)

    def of(self, items: Iterable[SourceItem]) -> Frozen:
        """One row an item."""
        rows = torch.tensor([self._rows[item.picture] for item in items])
        return Frozen(*(column[rows] for column in self._columns))
