"""Other libraries as contestants. Each imports its own; they lie in an environment of their own (see curves.py)."""

# ruff: noqa: PLC0415

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 16_384
EFFORTS = (16, 32, 64, 128, 256, 512)
LISTS = 1_024


class Hnswlib:
    """A graph over float32 vectors, in memory."""

    def build(self, vectors: NDArray[np.float32], folder: Path, option: str) -> None:
        import hnswlib

        index = hnswlib.Index("ip", vectors.shape[1])
        index.init_index(len(vectors), ef_construction=128, M=32)
        for start in range(0, len(vectors), BLOCK):
            index.add_items(np.asarray(vectors[start : start + BLOCK]))
        index.save_index(str(folder / "index.bin"))
        (folder / "dimension").write_text(str(vectors.shape[1]))

    def open(self, folder: Path, option: str) -> None:
        import hnswlib

        self._index = hnswlib.Index("ip", int((folder / "dimension").read_text()))
        self._index.load_index(str(folder / "index.bin"))
        self._index.set_num_threads(1)
        self._effort = 0

    def settings(self) -> Sequence[dict[str, Any]]:
        return [{"ef": effort} for effort in EFFORTS]

    def search(self, query: NDArray[np.float32], setting: dict[str, Any]) -> Sequence[int]:
        if setting["ef"] != self._effort:  # it is the index's, not the call's
            self._effort = setting["ef"]
            self._index.set_ef(self._effort)
        numbers: list[int] = self._index.knn_query(query[None], 10, num_threads=1)[0][0].tolist()
        return numbers


class Usearch:
    """A graph over float16 vectors, mapped."""

    def build(self, vectors: NDArray[np.float32], folder: Path, option: str) -> None:
        from usearch.index import Index

        index = Index(ndim=vectors.shape[1], metric="ip", dtype="f16", connectivity=32, expansion_add=128)
        for start in range(0, len(vectors), BLOCK):
            block = np.asarray(vectors[start : start + BLOCK])
            index.add(np.arange(start, start + len(block)), block)
        index.save(str(folder / "index.usearch"))

    def open(self, folder: Path, option: str) -> None:
        from usearch.index import Index

        self._index = Index.restore(str(folder / "index.usearch"), view=True)

    def settings(self) -> Sequence[dict[str, Any]]:
        return [{"ef": effort} for effort in EFFORTS]

    def search(self, query: NDArray[np.float32], setting: dict[str, Any]) -> Sequence[int]:
        self._index.expansion_search = setting["ef"]
        numbers: list[int] = self._index.search(query, 10, threads=1).keys.tolist()
        return numbers


class Lance:
    """IVF-PQ with refinement, on disk."""

    def build(self, vectors: NDArray[np.float32], folder: Path, option: str) -> None:
        import lancedb
        import pyarrow as pa

        dimension = vectors.shape[1]
        schema = pa.schema([("number", pa.int64()), ("vector", pa.list_(pa.float32(), dimension))])

        def batches() -> Any:
            for start in range(0, len(vectors), BLOCK):
                block = np.asarray(vectors[start : start + BLOCK])
                columns = [
                    pa.array(np.arange(start, start + len(block))),
                    pa.FixedSizeListArray.from_arrays(pa.array(block.ravel()), dimension),
                ]
                yield pa.RecordBatch.from_arrays(columns, schema=schema)

        table = lancedb.connect(str(folder)).create_table("items", batches(), schema=schema)
        table.create_index(metric="dot", num_partitions=LISTS, num_sub_vectors=64, vector_column_name="vector")

    def open(self, folder: Path, option: str) -> None:
        import lancedb

        self._table = lancedb.connect(str(folder)).open_table("items")

    def settings(self) -> Sequence[dict[str, Any]]:
        pairs = [(16, 20), (32, 20), (64, 20), (128, 20), (64, 160), (128, 160), (256, 160)]
        return [{"probes": probes, "refine": refine} for probes, refine in pairs]

    def search(self, query: NDArray[np.float32], setting: dict[str, Any]) -> Sequence[int]:
        asked = self._table.search(query, vector_column_name="vector").metric("dot").limit(10).select(["number"])
        found = asked.nprobes(setting["probes"]).refine_factor(setting["refine"]).to_arrow()
        numbers: list[int] = found["number"].to_pylist()
        return numbers


class MilvusLite:
    """IVF_FLAT: its IVF_PQ serves brute force without a word."""

    def build(self, vectors: NDArray[np.float32], folder: Path, option: str) -> None:
        client = self._client(folder)
        client.create_collection("items", dimension=vectors.shape[1], metric_type="IP", auto_id=False)
        for start in range(0, len(vectors), 4_096):
            block = np.asarray(vectors[start : start + 4_096])
            client.insert("items", [{"id": start + n, "vector": vector.tolist()} for n, vector in enumerate(block)])
        client.release_collection("items")
        client.drop_index("items", "vector")
        wanted = client.prepare_index_params()
        wanted.add_index("vector", index_type="IVF_FLAT", metric_type="IP", params={"nlist": LISTS})
        client.create_index("items", wanted)
        client.close()

    def open(self, folder: Path, option: str) -> None:
        self._searcher = self._client(folder)
        self._searcher.load_collection("items")

    def settings(self) -> Sequence[dict[str, Any]]:
        return [{"probes": probes} for probes in (16, 64, 256)]

    def search(self, query: NDArray[np.float32], setting: dict[str, Any]) -> Sequence[int]:
        asked = {"metric_type": "IP", "params": {"nprobe": setting["probes"]}}
        found = self._searcher.search("items", data=[query.tolist()], limit=10, search_params=asked)
        return [hit["id"] for hit in found[0]]

    def _client(self, folder: Path) -> Any:
        from pymilvus import MilvusClient

        return MilvusClient(str(folder / "items.db"))
