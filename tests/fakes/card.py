"""A CUDA card as FAISS shows one: what is copied to it lies on the CPU."""

from typing import Any

import faiss as faiss_library
import numpy as np
import pytest
from numpy.typing import NDArray

from index.sealed import card

faiss: Any = faiss_library


class FakeCard:
    """Once `put` in, FAISS sees it. `room`: more vectors than fit on it."""

    def __init__(self, room: int = 1_000_000) -> None:
        self.room = room
        self.is_broken = False
        self.searches = self.copied = 0

    def put(self, monkeypatch: pytest.MonkeyPatch) -> None:
        card._resources.cache_clear()
        monkeypatch.setattr(faiss, "get_num_gpus", lambda: 1, raising=False)
        monkeypatch.setattr(faiss, "index_cpu_to_all_gpus", self._copy_to_all, raising=False)
        monkeypatch.setattr(faiss, "index_cpu_to_gpu", self._copy, raising=False)
        monkeypatch.setattr(faiss, "StandardGpuResources", _Resources, raising=False)

    def require_one_call(self) -> None:
        """FAISS's own resources would be damaged by two at a time."""
        assert card._calling._is_owned()  # type: ignore[attr-defined]

    def take(self, count: int) -> None:
        if count >= self.room:
            raise RuntimeError("out of memory")
        self.room -= count

    def _copy_to_all(self, index: Any) -> Any:
        self.take(index.ntotal)
        self.copied += 1
        return faiss.clone_index(index)

    def _copy(self, resources: "_Resources", number: int, index: Any) -> "_Index":
        assert resources.temporary == card.TEMPORARY_BYTES
        assert number == 0
        self.require_one_call()
        return _Index(self, index)


class _Resources:
    temporary = 0

    def setTempMemory(self, size: int) -> None:
        self.temporary = size


class _Index:
    def __init__(self, owner: FakeCard, held: Any) -> None:
        self._owner, self._held = owner, faiss.clone_index(held)

    @property
    def ntotal(self) -> int:
        return int(self._held.ntotal)

    def add(self, vectors: NDArray[np.float32]) -> None:
        self._owner.require_one_call()
        self._owner.take(len(vectors))
        self._held.add(vectors)

    def __del__(self) -> None:
        self._owner.require_one_call()

    def search(
        self, queries: NDArray[np.float32], count: int, params: Any
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        self._owner.require_one_call()
        if self._owner.is_broken:
            raise RuntimeError("the device fell off the bus")
        assert max(count, params.nprobe) <= card.MOST_FOUND
        self._owner.searches += 1
        found: tuple[NDArray[np.float32], NDArray[np.int64]] = self._held.search(queries, count, params=params)
        return found
