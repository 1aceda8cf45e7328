"""Measures what settings reach: recall@k of held-out queries against exact search over the same segments."""

from collections.abc import Sequence
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from index.bitmaps import Rows
from index.sealed.sealed_segment import SealedSegment
from index.sealed.search_settings import CurvePoint, SearchSettings
from index.segment import Hits, best, merge
from index.types import Vector, Vectors

K = 10
CANDIDATES = (5, 10, 20, 40)
BLOCK = 8_192
SETTLED = 0.999
"""A curve ends here: more work finds nothing more."""


def curve(segments: Sequence[SealedSegment], queries: Vectors, own_rows: Rows | None = None) -> list[CurvePoint]:
    """One point for each setting that is worth having, by ascending time.

    `queries`: float32 [q, d]. `own_rows`: int64 [q], where the queries are vectors of the collection itself: each
    is left out of its own answer, since everybody finds it.
    """
    own = np.full(len(queries), -1, np.int64) if own_rows is None else own_rows
    truth = exact_rows(segments, queries, own)
    points: list[CurvePoint] = []
    for probes in _probes(max(segment.lists for segment in segments)):
        found = [_point(segments, queries, own, truth, SearchSettings(probes, each)) for each in CANDIDATES]
        points += found
        if max(point.recall for point in found) >= SETTLED:
            break
    return worthwhile(points)


def worthwhile(points: Sequence[CurvePoint]) -> list[CurvePoint]:
    """The points that no other beats in both recall and time (the Pareto front)."""
    kept: list[CurvePoint] = []
    for point in sorted(points, key=lambda point: (point.ms, -point.recall)):
        if not kept or point.recall > kept[-1].recall:
            kept.append(point)
    return kept


def exact_rows(segments: Sequence[SealedSegment], queries: Vectors, own: Rows) -> list[set[int]]:
    """The K nearest rows of each query, by a walk over all stored vectors."""
    answers = [Hits(np.empty(0, np.int64), np.empty(0, np.float32)) for _ in queries]
    for segment in segments:
        for start in range(0, segment.count, BLOCK):
            slots = np.arange(start, min(start + BLOCK, segment.count))
            rows, cosines = np.asarray(segment.rows[slots]), queries @ segment.vectors(slots).T
            answers = [merge([answer, best(rows, cosines[n], K + 1)], K + 1) for n, answer in enumerate(answers)]
    return [_rows_of(answer, int(own[n])) for n, answer in enumerate(answers)]


def _point(
    segments: Sequence[SealedSegment], queries: Vectors, own: Rows, truth: Sequence[set[int]], settings: SearchSettings
) -> CurvePoint:
    times: NDArray[np.float64] = np.empty(len(queries))
    found = wanted = 0
    for n, query in enumerate(queries):
        start = perf_counter()
        hits = _search(segments, query, settings)
        times[n] = (perf_counter() - start) * 1000.0
        found += len(_rows_of(hits, int(own[n])) & truth[n])
        wanted += len(truth[n])
    return CurvePoint(settings, found / max(1, wanted), float(np.median(times)))


def _search(segments: Sequence[SealedSegment], query: Vector, settings: SearchSettings) -> Hits:
    wanted = K * settings.candidates
    answers = [
        segment.rescored(segment.scan(query, wanted, settings.probes, None), query, K + 1) for segment in segments
    ]
    return merge(answers, K + 1)


def _rows_of(hits: Hits, own: int) -> set[int]:
    return set([row for row in hits.rows.tolist() if row != own][:K])


def _probes(lists: int) -> list[int]:
    """Powers of two from 4 to all lists."""
    return [probes for probes in (2**power for power in range(2, 20)) if probes < lists] + [lists]
