"""This store as a contestant: a collection written, sealed and opened as a server does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from collections_on_disk import NAME, number_of, seal_by_child, write_stream
from numpy.typing import NDArray

from index import LocalStore
from index.sealed.sealed_views import SealedViews
from index.types import SearchParameters

BLOCK = 16_384


@dataclass(frozen=True)
class Given:
    """Vectors that exist."""

    vectors: NDArray[np.float32]

    @property
    def dimension(self) -> int:
        return int(self.vectors.shape[1])

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        for start in range(0, len(self.vectors), BLOCK):
            yield np.asarray(self.vectors[start : start + BLOCK])


class Lookalike:
    """`option`: a codec. Its settings are the points of the curve that the builder measured."""

    def build(self, vectors: NDArray[np.float32], folder: Path, option: str) -> None:
        write_stream(folder, Given(vectors))
        seal_by_child(folder, option, 1_000, 1)

    def open(self, folder: Path, option: str) -> None:
        self._store = LocalStore(folder, mode="read")
        self._collection = self._store.open(NAME)

    def settings(self) -> Sequence[dict[str, Any]]:
        sealed = self._collection._state._view.segments["image"][0]
        assert isinstance(sealed, SealedViews)
        return [
            {"recall": point.recall, "probes": point.settings.probes, "candidates": point.settings.candidates}
            for point in sealed.views[0].curves["image"]
        ]

    def search(self, query: NDArray[np.float32], setting: dict[str, Any]) -> Sequence[int]:
        hits = self._collection.search("image", query, 10, params=SearchParameters(recall=setting["recall"]))
        return [number_of(hit.id) for hit in hits]
