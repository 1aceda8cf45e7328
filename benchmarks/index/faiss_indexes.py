"""FAISS without a store around it: the codecs of this store with refinement, HNSW, and inverted lists of bytes."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faiss as faiss_library
import numpy as np
from numpy.typing import NDArray

from index.sealed.codec import CodecSpec, lists_for
from index.sealed.training import train

faiss: Any = faiss_library
BLOCK = 16_384
PROBES = (4, 8, 16, 32, 64, 128, 256, 512)


def added(index: Any, vectors: NDArray[np.float32]) -> Any:
    for start in range(0, len(vectors), BLOCK):
        index.add(np.ascontiguousarray(vectors[start : start + BLOCK]))
    return index


def sample(vectors: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    chosen = np.sort(np.random.default_rng(0).permutation(len(vectors))[:count])
    return np.ascontiguousarray(vectors[chosen])


class RawFaiss:
    """The codec `option` trained as the store trains it, refined with float16 vectors in memory. Its settings are
    the store's own, of the collection named in `settings.json` beside it."""

    def build(self, vectors: NDArray[np.float32], folder: Path, option: str) -> None:
        spec = CodecSpec(option, vectors.shape[1], lists_for(len(vectors)))  # type: ignore[arg-type]
        index = added(train(spec, sample(vectors, spec.sample_size)), vectors)
        refine = faiss.IndexScalarQuantizer(index.d, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        faiss.write_index(index, str(folder / "lists.faiss"))
        faiss.write_index(added(refine, vectors), str(folder / "refine.faiss"))

    def open(self, folder: Path, option: str) -> None:
        faiss.omp_set_num_threads(1)
        self._index = faiss.read_index(str(folder / "lists.faiss"))
        self._refine = faiss.read_index(str(folder / "refine.faiss"))
        self._both = faiss.IndexRefine(self._index, self._refine)
        self._settings = json.loads((folder / "settings.json").read_text(encoding="utf-8"))

    def settings(self) -> Sequence[dict[str, Any]]:
        return list(self._settings)

    def search(self, query: NDArray[np.float32], setting: dict[str, Any]) -> Sequence[int]:
        faiss.omp_set_num_threads(1)
        lists = faiss.SearchParametersIVF(nprobe=setting["probes"])
        asked = faiss.IndexRefineSearchParameters(k_factor=setting["candidates"], base_index_params=lists)
        numbers: list[int] = self._both.search(query[None], 10, params=asked)[1][0].tolist()
        return numbers


class FaissHnsw:
    """A graph over float32 vectors."""

    def build(self, vectors: NDArray[np.float32], folder: Path, option: str) -> None:
        index = faiss.IndexHNSWFlat(vectors.shape[1], 32, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = 128
        faiss.write_index(added(index, vectors), str(folder / "index.faiss"))

    def open(self, folder: Path, option: str) -> None:
        self._index = faiss.read_index(str(folder / "index.faiss"))

    def settings(self) -> Sequence[dict[str, Any]]:
        return [{"ef": ef} for ef in (16, 32, 64, 128, 256, 512)]

    def search(self, query: NDArray[np.float32], setting: dict[str, Any]) -> Sequence[int]:
        faiss.omp_set_num_threads(1)
        asked = faiss.SearchParametersHNSW(efSearch=setting["ef"])
        numbers: list[int] = self._index.search(query[None], 10, params=asked)[1][0].tolist()
        return numbers


class FaissIvfSq8:
    """Inverted lists of one byte a dimension, not refined."""

    def build(self, vectors: NDArray[np.float32], folder: Path, option: str) -> None:
        lists = lists_for(len(vectors))
        index = faiss.index_factory(vectors.shape[1], f"IVF{lists},SQ8", faiss.METRIC_INNER_PRODUCT)
        index.train(sample(vectors, 40 * lists))
        faiss.write_index(added(index, vectors), str(folder / "index.faiss"))

    def open(self, folder: Path, option: str) -> None:
        self._index = faiss.read_index(str(folder / "index.faiss"))

    def settings(self) -> Sequence[dict[str, Any]]:
        return [{"probes": probes} for probes in PROBES]

    def search(self, query: NDArray[np.float32], setting: dict[str, Any]) -> Sequence[int]:
        faiss.omp_set_num_threads(1)
        asked = faiss.SearchParametersIVF(nprobe=setting["probes"])
        numbers: list[int] = self._index.search(query[None], 10, params=asked)[1][0].tolist()
        return numbers
