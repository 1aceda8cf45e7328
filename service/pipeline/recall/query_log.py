"""A bounded sample of live query vectors by collection, field and kind. Owns what came since it was last emptied.

Vectors only: neither words nor pictures are kept. A search adds to it in memory and waits for nothing; who empties
it writes the files. Belongs to one event loop.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from index.index_info import QueryKind
from index.query_bank import CAPACITY
from index.types import FieldName
from models.arrays import Vector, Vectors

MAX_KEYS = 64
"""Kinds of all collections together; the others wait until the log is emptied."""
NEW = 64
"""Queries of a kind between two emptyings; a uniform sample of more."""
REPLACED = 4
"""Of a full file, so many queries are replaced at a time: it then stands for the last hour or so."""


@dataclass(frozen=True)
class LogKey:
    collection: str
    field: FieldName
    kind: QueryKind


@dataclass
class _Sample:
    """A reservoir: each of the `seen` is in it with the same probability (Vitter, algorithm R)."""

    vectors: list[Vector] = field(default_factory=list)
    seen: int = 0

    def offer(self, vector: Vector, chance: np.random.Generator) -> None:
        if self.vectors and self.vectors[0].shape != vector.shape:  # the collection was made anew
            self.vectors, self.seen = [], 0
        self.seen += 1
        if len(self.vectors) < NEW:
            self.vectors.append(vector)
        elif (place := int(chance.integers(self.seen))) < NEW:
            self.vectors[place] = vector


class QueryLog:
    """New queries of at most MAX_KEYS kinds."""

    def __init__(self, chance: np.random.Generator | None = None) -> None:
        self._chance = chance or np.random.default_rng()
        self._samples: dict[LogKey, _Sample] = {}

    def offer(self, key: LogKey, vector: Vector) -> None:
        """float32 [d] of unit length."""
        if key in self._samples or len(self._samples) < MAX_KEYS:
            self._samples.setdefault(key, _Sample()).offer(vector, self._chance)

    def emptied(self) -> Iterator[tuple[LogKey, Vectors]]:
        """What came, float32 [n, d] by key; gone from here."""
        samples, self._samples = self._samples, {}
        return ((key, np.stack(sample.vectors)) for key, sample in samples.items())


def merged(kept: Vectors, new: Vectors, chance: np.random.Generator) -> Vectors:
    """The file after some new queries: it grows to CAPACITY, then a few of its queries are replaced at random.

    So old queries fade, and the sample follows what people ask. A query that is held already is not taken twice.
    """
    known = {vector.astype(np.float16).tobytes() for vector in kept}
    distinct = {one.astype(np.float16).tobytes(): one for one in new}
    fresh = [one for stored, one in distinct.items() if stored not in known]
    room = CAPACITY - len(kept)
    grown = np.concatenate([kept, *(one[None] for one in fresh[:room])])
    late = fresh[room : room + REPLACED]
    if late:
        grown[chance.permutation(len(grown))[: len(late)]] = late
    return grown
