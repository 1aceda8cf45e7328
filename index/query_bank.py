"""Held-out queries of a collection, as files of vectors: `queries/<field>-<kind>.<source>.npy`. Owns that folder.

Whoever knows what a query is writes them: the query log, and queries made from the items' texts. The builder reads
them. They are derived: nothing is synced, each file is replaced whole, and one that cannot be read is as good as
absent. They hold vectors only, neither words nor pictures.
"""

import io
import re
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np

from index.catalog_connection import translated
from index.durable_files import place, remove_left
from index.index_info import QueryKind, QuerySource
from index.stored_vectors import STORED
from index.types import FieldName, Vectors

CAPACITY = 512
"""Queries of a file at most."""
ENOUGH = 100
"""From so many logged queries on the log counts, and what was made from texts no longer does."""
FEWEST = 20
"""From fewer queries no recall is told."""
_NAME = re.compile(r"(image|product)-([a-z]+)\.(log|items)\.npy")


@dataclass(frozen=True)
class HeldOut:
    """float32 [n, d] of unit length, and where they come from."""

    vectors: Vectors
    source: QuerySource


class QueryBank:
    """The held-out queries of one collection. Safe to use from several processes: the last file written counts."""

    def __init__(self, root: Path, dimension: int) -> None:
        """`root`: the folder of the collection."""
        self._folder = root / "queries"
        self._dimension = dimension

    def held_out(self, field: FieldName, kind: QueryKind) -> HeldOut | None:
        """The best there are: enough of the log, else those made from texts, else a short log; None: too few."""
        log, made = self.read(field, kind, "log"), self.read(field, kind, "items")
        ranked = [HeldOut(log, "log")] if len(log) >= ENOUGH else [HeldOut(made, "items"), HeldOut(log, "log")]
        return next((one for one in ranked if len(one.vectors) >= FEWEST), None)

    def is_unmeasured(self, field: str, kinds: Container[str]) -> bool:
        """Whether there are held-out queries of a kind that is not among these."""
        return any(
            name == field and kind not in kinds and self.held_out(name, kind) is not None for name, kind in self.kinds()
        )

    def read(self, field: FieldName, kind: QueryKind, source: QuerySource) -> Vectors:
        """float32 [n, d] of unit length; empty where there is no file, or none that can be read."""
        try:
            with self._path(field, kind, source).open("rb") as file:
                found = np.lib.format.read_array(file, allow_pickle=False)
        except (OSError, ValueError, MemoryError):  # a flipped bit may announce any shape
            return self._none()
        if found.dtype != STORED or found.ndim != 2 or found.shape[1] != self._dimension:
            return self._none()
        vectors = found[:CAPACITY].astype(np.float32)
        lengths = np.sqrt(np.vecdot(vectors, vectors))
        usable = np.isfinite(lengths) & (lengths > 0)
        return np.asarray(vectors[usable] / lengths[usable, None], dtype=np.float32)

    def write(self, field: FieldName, kind: QueryKind, source: QuerySource, vectors: Vectors) -> None:
        """Replace a file. Raises StorageFullError."""
        buffer = io.BytesIO()
        np.save(buffer, vectors[:CAPACITY].astype(STORED), allow_pickle=False)
        with translated():
            self._folder.mkdir(exist_ok=True)
            remove_left(self._folder)
            place(self._path(field, kind, source), buffer.getvalue())

    def kinds(self) -> set[tuple[FieldName, QueryKind]]:
        """Of which there is a file. Cheap: one look into the folder."""
        known = get_args(QueryKind)
        names = [_NAME.fullmatch(path.name) for path in self._folder.glob("*.npy")]
        return {(name[1], name[2]) for name in names if name and name[2] in known}  # type: ignore[misc]

    def _path(self, field: FieldName, kind: QueryKind, source: QuerySource) -> Path:
        return self._folder / f"{field}-{kind}.{source}.npy"

    def _none(self) -> Vectors:
        return np.empty((0, self._dimension), np.float32)
