"""This store as a contestant: a collection written, sealed and opened as a server does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from collections_on_disk import NAME, number_of, seal_by_child, write_stream
from contestant import HELD_OUT
from numpy.typing import NDArray

from index import LocalStore
from index.query_bank import QueryBank
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
    """`option`: a codec. Its settings are the points of the curves that the builder measured: on vectors of the
    collection, and on held-out queries off their distribution, which play the part of texts."""

    def build(self, vectors: NDArray[np.float32], folder: Path, option: str) -> None:
        write_stream(folder, Given(vectors))
        QueryBank(folder / NAME, vectors.shape[1]).write("image", "text", "items", np.load(folder.parent / HELD_OUT))
        seal_by_child(folder, option, 1_000, 1)

    def open(self, folder: Path, option: str) -> None:
        self._store = LocalStore(folder, mode="read")
        self._collection = self._store.open(NAME)

    def settings(self) -> Sequence[dict[str, Any]]:
        """As they are searched with, each once: a recall that is asked for is reached with a reserve."""
        sealed = self._collection._state._view.segments["image"][0]
        assert isinstance(sealed, SealedViews)
        view, found = sealed.views[0], {}
        for kind, curve in view.curves.items():
            for point in curve:
                asked = {"kind": kind, "recall": point.recall}
                settings = view.settings_for(SearchParameters(**asked))
                if settings is not None:
                    found[settings] = {**asked, "probes": settings.probes, "candidates": settings.candidates}
        return sorted(found.values(), key=lambda setting: (setting["probes"], setting["candidates"]))

    def search(self, query: NDArray[np.float32], setting: dict[str, Any]) -> Sequence[int]:
        params = SearchParameters(recall=setting["recall"], kind=setting["kind"])
        return [number_of(hit.id) for hit in self._collection.search("image", query, 10, params=params)]
