"""Recall and time of filtered searches in a sealed segment: selectivities, independent of the query or not.

    python benchmarks/index/filtered.py [--size 200000] [--dimension 512] [--codec ivf-rabitq] [--recall 0.95]

Items lie in clusters, clusters in groups. *independent*: every item passes with the same chance. *near*: whole clusters
pass, and the queries come from them. *far*: whole clusters pass, and the queries come from others. One thread.
"""

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import faiss
import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from index.bitmaps import Rows, from_rows
from index.sealed.codec import CodecKind, CodecSpec, lists_for
from index.sealed.measuring import Sample, curves
from index.sealed.sealed_segment import SealedSegment
from index.sealed.sealed_view import SealedView
from index.sealed.segment_writer import write_segment
from index.sealed.training import train
from index.segment import best
from index.stored_vectors import STORED, Stored
from index.types import SearchParameters, Vectors

K = 10
QUERIES = 100
SELECTIVITIES = (0.001, 0.01, 0.1, 0.5)
GROUPS = 40
ITEMS_A_CLUSTER = 100
BLOCK = 16_384


@dataclass(frozen=True)
class Catalogue:
    """Synthetic items: `vectors` float32 [n, d] of unit length, and the cluster of each, int64 [n]."""

    vectors: Vectors
    clusters: NDArray[np.int64]
    """Neighbouring numbers are of one group."""


@dataclass(frozen=True)
class Case:
    """A filter, and queries that are held against it."""

    relation: str
    share: float
    allowed: Rows
    queries: Vectors


def main() -> None:
    asked = arguments()
    faiss.omp_set_num_threads(1)
    chance = np.random.default_rng(7)
    catalogue = made(asked.size, asked.dimension, chance)
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        view = sealed(Path(folder) / "segment", catalogue, asked.codec, asked.recall, chance)
        print(f"{asked.size} x {asked.dimension}, {asked.codec}, {view.segment.lists} lists, target {asked.recall}")
        print(f"unfiltered settings: {view.settings_for(SearchParameters())}")
        print(f"{'filter':12} {'share':>6} {'rows':>7} {'recall@10':>9} {'p50 ms':>7} {'p99 ms':>7}  path (lists, p50)")
        report(view, Case("none", 1.0, np.arange(asked.size), near(catalogue.vectors, chance)))
        for case in cases(catalogue, chance):
            report(view, case)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=200_000)
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--codec", default="ivf-rabitq", choices=["ivf-rabitq", "ivf-pq", "ivf-pq-fastscan"])
    parser.add_argument("--recall", type=float, default=0.95)
    parser.add_argument("--folder", help="where the segment is written for the time of the run")
    return parser.parse_args()


def made(size: int, dimension: int, chance: np.random.Generator) -> Catalogue:
    count = max(GROUPS, size // ITEMS_A_CLUSTER)
    groups = unit(chance.standard_normal((GROUPS, dimension), np.float32))
    centres = near(groups[np.arange(count) * GROUPS // count], chance, count, 1.0)
    clusters = chance.integers(0, count, size)
    vectors = np.concatenate([near(centres[part], chance, len(part), 0.9) for part in np.array_split(clusters, 50)])
    return Catalogue(vectors, clusters)


def near(vectors: Vectors, chance: np.random.Generator, count: int = QUERIES, distance: float = 0.7) -> Vectors:
    """`count` unit vectors beside some of `vectors`; all of them in their order, where as many are asked for."""
    chosen = vectors if count == len(vectors) else vectors[chance.permutation(len(vectors))[:count]]
    return unit(chosen + distance * unit(chance.standard_normal(chosen.shape, np.float32)))


def unit(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def sealed(
    folder: Path, catalogue: Catalogue, kind: CodecKind, recall: float, chance: np.random.Generator
) -> SealedView:
    folder.mkdir()
    size, dimension = catalogue.vectors.shape
    spec = CodecSpec(kind, dimension, lists_for(size))
    start = perf_counter()
    codec = train(spec, catalogue.vectors[chance.permutation(size)[: spec.sample_size]])
    write_segment(folder, codec, "codec", "image", "space", chunks(catalogue.vectors))
    segment = SealedSegment(folder)
    measured = curves([SealedView(segment, BitMap())], {"image": Sample.foreign(near(catalogue.vectors, chance))})
    print(f"sealed in {perf_counter() - start:.0f} s")
    return SealedView(segment, BitMap(), measured, recall)


def chunks(vectors: Vectors) -> Iterator[tuple[Rows, Stored]]:
    for start in range(0, len(vectors), 16_384):
        part = vectors[start : start + 16_384]
        yield np.arange(start, start + len(part)), part.astype(STORED)


def cases(catalogue: Catalogue, chance: np.random.Generator) -> Iterator[Case]:
    size = len(catalogue.vectors)
    by_cluster = catalogue.clusters.argsort(kind="stable")
    for share in SELECTIVITIES:
        passing = max(K, round(share * size))
        independent = np.sort(chance.permutation(size)[:passing])
        yield Case("independent", share, independent, near(catalogue.vectors, chance))
        inside, outside = np.sort(by_cluster[:passing]), by_cluster[passing:]
        yield Case("near", share, inside, near(catalogue.vectors[inside], chance, min(QUERIES, passing)))
        yield Case("far", share, inside, near(catalogue.vectors[outside], chance))


def nearest(segment: SealedSegment, case: Case) -> list[set[int]]:
    """The K allowed rows nearest to each query, by the stored vectors."""
    slots = np.sort(segment.slots_of(case.allowed))
    rows, cosines = np.asarray(segment.rows[slots]), np.empty((len(case.queries), len(slots)), np.float32)
    for start in range(0, len(slots), BLOCK):
        part = slice(start, start + BLOCK)
        cosines[:, part] = case.queries @ segment.vectors(slots[part]).T
    return [set(best(rows, of_query, K).rows.tolist()) for of_query in cosines]


def report(view: SealedView, case: Case) -> None:
    allowed = None if case.relation == "none" else from_rows(case.allowed)
    found = wanted = 0
    times, lists = [], []
    for query, truth in zip(case.queries, nearest(view.segment, case), strict=True):
        start = perf_counter()
        answer = view.answer(query, K, allowed, SearchParameters())
        times.append(1000.0 * (perf_counter() - start))
        lists.append(answer.probes)
        found += len(truth & set(answer.hits.rows.tolist()))
        wanted += len(truth)
    probes = int(np.median(lists))
    path = f"scan of {probes}" if probes else "exact"
    print(
        f"{case.relation:12} {case.share:6.1%} {len(case.allowed):7} {found / wanted:9.3f} "
        f"{np.percentile(times, 50):7.2f} {np.percentile(times, 99):7.2f}  {path}",
        flush=True,
    )


if __name__ == "__main__":
    main()
