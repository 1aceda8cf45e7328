"""Vectors to measure with: clustered synthetic ones in any number, and real embeddings with jitter.

Everything is made in blocks from a seed and the block's number, so that ten million vectors need the memory of one
block and every process makes the same ones. Rows are float32 of unit length.

Synthetic vectors lie around centres of unlike size in a space of falling spectrum, so that their effective rank is
far below their dimension, as with embeddings of pictures. Queries of the distribution are made alike from another
seed. Queries off the distribution are shifted by one common vector, as those of texts are against pictures (the
modality gap), and blurred.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]  # float32 [n, d], rows of unit length
QueryKind = Literal["in", "off"]
"""In the distribution of the collection's vectors, or off it."""
BLOCK = 16_384
QUERY_SEED = 1_000_003
GAP, BLUR = 0.6, 0.35
"""Length of the common shift of queries off the distribution, and of the noise added to each."""
JITTER = 0.25
"""Length of the noise that makes new vectors of a real embedding."""


class Blocks(Protocol):
    """Vectors to be written."""

    @property
    def dimension(self) -> int: ...

    def blocks(self) -> Iterator[Vectors]:
        """All vectors, in blocks of at most BLOCK."""


class Source(Blocks, Protocol):
    """Where vectors and queries come from."""

    @property
    def name(self) -> str: ...

    @property
    def count(self) -> int: ...

    def queries(self, kind: QueryKind, count: int) -> Vectors:
        """Held-out ones."""


@dataclass(frozen=True)
class Synthetic:
    """`count` vectors around `clusters` centres."""

    count: int
    dimension: int = 512
    clusters: int = 4_096
    spread: float = 0.85
    """Length of a vector's distance from its centre, the centre being of length 1."""
    rank: int = 96
    seed: int = 1

    @property
    def name(self) -> str:
        return "synthetic"

    def blocks(self) -> Iterator[Vectors]:
        for start in range(0, self.count, BLOCK):
            yield self._made(self.seed, start // BLOCK, min(BLOCK, self.count - start))

    def queries(self, kind: QueryKind, count: int) -> Vectors:
        made = self._made(QUERY_SEED + self.seed, 0, count)
        return made if kind == "in" else shifted(made, self.seed)

    def _made(self, seed: int, number: int, count: int) -> Vectors:
        random = np.random.default_rng((seed, number))
        centres = self._centres[random.choice(self.clusters, count, p=self._shares)]
        around = _low_rank(random, count, self._spectrum)
        made = (centres + self.spread * around) @ self._axes
        made += 0.1 / np.sqrt(self.dimension) * random.standard_normal(made.shape, np.float32)
        return unit(made)

    @cached_property
    def _spectrum(self) -> NDArray[np.float32]:
        falling = 1.0 / np.sqrt(1.0 + np.arange(self.rank, dtype=np.float32))
        spectrum: NDArray[np.float32] = falling / np.linalg.norm(falling)
        return spectrum

    @cached_property
    def _centres(self) -> NDArray[np.float32]:
        return _low_rank(np.random.default_rng((self.seed, 7)), self.clusters, self._spectrum)

    @cached_property
    def _shares(self) -> NDArray[np.float64]:
        sizes = np.random.default_rng((self.seed, 8)).pareto(2.0, self.clusters) + 0.2
        shares: NDArray[np.float64] = sizes / sizes.sum()
        return shares

    @cached_property
    def _axes(self) -> NDArray[np.float32]:
        """float32 [rank, d], orthonormal rows."""
        turned = np.random.default_rng((self.seed, 9)).standard_normal((self.dimension, self.rank))
        return np.ascontiguousarray(np.linalg.qr(turned)[0].T, dtype=np.float32)


@dataclass(frozen=True)
class Jittered:
    """Real embeddings, each as often as `count` needs, every copy but the first with noise of its own."""

    count: int
    real: Vectors
    texts: Vectors
    """Real queries off the distribution."""
    seed: int = 1

    @property
    def name(self) -> str:
        return "demo pictures"

    @property
    def dimension(self) -> int:
        return int(self.real.shape[1])

    def blocks(self) -> Iterator[Vectors]:
        for start in range(0, self.count, BLOCK):
            chosen = np.arange(start, min(start + BLOCK, self.count))
            noise = np.where(chosen < len(self.real), 0.0, JITTER).astype(np.float32)
            yield self._jittered(chosen % len(self.real), noise, (self.seed, start // BLOCK))

    def queries(self, kind: QueryKind, count: int) -> Vectors:
        random = np.random.default_rng((QUERY_SEED, self.seed))
        if kind == "off":
            return self.texts[random.permutation(len(self.texts))[:count]]
        chosen = random.integers(0, len(self.real), count)
        return self._jittered(chosen, np.full(count, JITTER, np.float32), (QUERY_SEED, 1))

    def _jittered(self, chosen: NDArray[np.int64], length: NDArray[np.float32], seed: tuple[int, int]) -> Vectors:
        """Noise in the directions in which the embeddings themselves differ: they stay on their own sheet."""
        random = np.random.default_rng(seed)
        noise = _low_rank(random, len(chosen), self._sheet[0]) @ self._sheet[1]
        return unit(self.real[chosen] + length[:, None] * noise)

    @cached_property
    def _sheet(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Spectrum [r] of unit length, and directions [r, d], of the centred embeddings."""
        _, spectrum, axes = np.linalg.svd(self.real - self.real.mean(axis=0), full_matrices=False)
        kept = min(256, len(spectrum))
        return (spectrum[:kept] / np.linalg.norm(spectrum[:kept])).astype(np.float32), axes[:kept].astype(np.float32)


def shifted(vectors: Vectors, seed: int) -> Vectors:
    random = np.random.default_rng((seed, 11))
    gap = unit(random.standard_normal((1, vectors.shape[1])).astype(np.float32))
    noise = unit(random.standard_normal(vectors.shape).astype(np.float32))
    return unit(vectors + GAP * gap + BLUR * noise)


def unit(vectors: NDArray[np.float32]) -> Vectors:
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def source_of(name: str, count: int, real: Path) -> Source:
    """`synthetic`, or `demo`: what `real_embeddings.py` wrote to the folder `real`."""
    if name == "synthetic":
        return Synthetic(count)
    return Jittered(count, np.load(real / "pictures.npy"), np.load(real / "texts.npy"))


def truth(source: Source, queries: Vectors, k: int) -> NDArray[np.int64]:
    """int64 [q, k]: the numbers of the k nearest vectors of each query, by a walk over all of them."""
    best = np.full((len(queries), k), -2.0, np.float32)
    numbers = np.full((len(queries), k), -1, np.int64)
    start = 0
    for block in source.blocks():
        cosines = np.hstack([best, queries @ block.T])
        names = np.hstack([numbers, np.broadcast_to(np.arange(start, start + len(block)), (len(queries), len(block)))])
        kept = np.argpartition(-cosines, k, axis=1)[:, :k]
        best, numbers = np.take_along_axis(cosines, kept, 1), np.take_along_axis(names, kept, 1)
        start += len(block)
    return numbers


def _low_rank(random: np.random.Generator, count: int, spectrum: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 [n, r], of length about 1."""
    return random.standard_normal((count, len(spectrum)), np.float32) * spectrum
