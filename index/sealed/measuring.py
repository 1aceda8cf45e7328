"""Measures what settings reach: recall@k of held-out queries against exact search over the same live rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from index.bitmaps import Rows
from index.sealed.scanning import scanned
from index.sealed.sealed_view import SealedView
from index.sealed.search_settings import EXHAUSTIVE, MEASURED_HITS, CurvePoint, SearchSettings
from index.segment import Hits, best, merge
from index.types import Vector, Vectors

K = MEASURED_HITS
CANDIDATES = (5, 10, 20, 40, 80, 160, 320, 640)
"""Texts lie about equally far from many alike pictures: without hundreds a hit they missed one neighbour in twelve."""
BLOCK = 8_192
SETTLED = 0.999
"""A curve ends here: more work finds nothing more."""
GAIN = 0.001
"""Less recall than this is not worth more work."""
NOTICED_MS = 1.0
"""Where an exact search takes less, nobody notices that another one takes longer."""
ASKED = (0.85, 0.99)
"""Recalls that people ask for: between them steps are half as wide."""
HALF = 0.5
"""Below, a step without a gain proves nothing: the right lists may lie far off."""


@dataclass(frozen=True)
class Sample:
    """Held-out queries of one kind."""

    queries: Vectors
    """float32 [q, d]"""
    own_rows: Rows
    """int64 [q]: the row whose vector the query is, or -1. It is left out of the answer, since everybody finds it."""

    @classmethod
    def own(cls, views: Sequence[SealedView], count: int) -> "Sample":
        """So many live vectors of the segments themselves, of all alike, or all there are: one at least."""
        alive = [view.alive_slots for view in views]
        ends = np.cumsum([len(slots) for slots in alive])
        numbers = np.sort(np.random.default_rng(1).choice(ends[-1], min(count, ends[-1]), replace=False))
        parts = np.split(numbers, np.searchsorted(numbers, ends[:-1]))
        slots = [some[part - end + len(some)] for some, part, end in zip(alive, parts, ends, strict=True)]
        chosen = [(view.segment, some) for view, some in zip(views, slots, strict=True)]
        vectors = np.concatenate([segment.vectors(some) for segment, some in chosen])
        rows = np.concatenate([segment.rows[some] for segment, some in chosen])
        return cls(vectors, rows.astype(np.int64))

    @classmethod
    def foreign(cls, queries: Vectors) -> "Sample":
        """Queries that are no vectors of the collection."""
        return cls(queries, np.full(len(queries), -1, np.int64))


def curves(views: Sequence[SealedView], samples: Mapping[str, Sample]) -> dict[str, list[CurvePoint]]:
    """For each kind one point for each setting that is worth having, by ascending time.

    The exact answers to all of them come from one walk over the stored vectors.
    """
    if not samples:
        return {}
    queries = np.concatenate([sample.queries for sample in samples.values()])
    truth = exact_hits(views, queries, np.concatenate([sample.own_rows for sample in samples.values()]))
    exact_ms = _exact_ms(views, queries[0])
    found: dict[str, list[CurvePoint]] = {}
    for kind, sample in samples.items():
        mine, truth = truth[: len(sample.queries)], truth[len(sample.queries) :]
        found[kind] = _curve(views, sample, mine, exact_ms)
    return found


def _curve(views: Sequence[SealedView], sample: Sample, truth: Sequence[Hits], exact_ms: float) -> list[CurvePoint]:
    """More lists in each step, until the recall settles, stops to grow, or costs more than an exact search."""
    points: list[CurvePoint] = []
    limit_ms = exact_ms if exact_ms >= NOTICED_MS else inf
    best_recall, candidates, steps_in_vain = 0.0, 0, 0
    for probes in _probes(max(view.segment.lists for view in views)):
        if _is_half_step(probes) and not ASKED[0] <= best_recall < ASKED[1]:
            continue
        found = _points(views, sample, truth, probes, max(0, candidates - 1))
        points += found
        reached = max(found, key=lambda point: point.recall)
        candidates = CANDIDATES.index(reached.settings.candidates)
        steps_in_vain = steps_in_vain + 1 if HALF <= reached.recall < best_recall + GAIN else 0
        best_recall = max(best_recall, reached.recall)
        if best_recall >= SETTLED or steps_in_vain == 2 or min(point.ms for point in found) > limit_ms:
            break
    if any(point.ms > limit_ms for point in points):
        points.append(CurvePoint(EXHAUSTIVE, 1.0, exact_ms))
    return worthwhile(points)


def _points(
    views: Sequence[SealedView], sample: Sample, truth: Sequence[Hits], probes: int, first: int
) -> list[CurvePoint]:
    """More and more candidates, from those numbered `first` on, while they bring anything."""
    points: list[CurvePoint] = []
    for candidates in CANDIDATES[first:]:
        points.append(_point(views, sample, truth, SearchSettings(probes, candidates)))
        if len(points) > 1 and points[-1].recall < points[-2].recall + GAIN:
            break
    return points


def _exact_ms(views: Sequence[SealedView], query: Vector) -> float:
    """What an exact search over all stored vectors takes."""
    total = 0.0
    for view in views:
        view.segment.nearest(query, K, view.part.bits)  # pages that were never read would tell of the disk
        start = perf_counter()
        view.segment.nearest(query, K, view.part.bits)
        total += perf_counter() - start
    return total * 1000.0


def worthwhile(points: Sequence[CurvePoint]) -> list[CurvePoint]:
    """The points that no other beats in both recall and time (the Pareto front)."""
    kept: list[CurvePoint] = []
    for point in sorted(points, key=lambda point: (point.ms, -point.recall)):
        if not kept or point.recall > kept[-1].recall:
            kept.append(point)
    return kept


def exact_hits(views: Sequence[SealedView], queries: Vectors, own: Rows) -> list[Hits]:
    """The K nearest live rows of each query, by a walk over all stored vectors."""
    answers = [Hits(np.empty(0, np.int64), np.empty(0, np.float32)) for _ in queries]
    for view in views:
        alive = view.alive_slots
        for start in range(0, len(alive), BLOCK):
            slots = alive[start : start + BLOCK]
            rows, cosines = view.segment.rows[slots].astype(np.int64), queries @ view.segment.vectors(slots).T
            answers = [merge([answer, best(rows, cosines[n], K + 1)], K + 1) for n, answer in enumerate(answers)]
    return [_others(answer, row) for answer, row in zip(answers, own.tolist(), strict=True)]


def _point(views: Sequence[SealedView], sample: Sample, truth: Sequence[Hits], settings: SearchSettings) -> CurvePoint:
    times: NDArray[np.float64] = np.empty(len(truth))
    parts = [view.part for view in views if view.live]
    found = wanted = 0
    for n, (query, own) in enumerate(zip(sample.queries, sample.own_rows.tolist(), strict=True)):
        limit = K if own < 0 else K + 1  # everybody finds the query itself
        start = perf_counter()
        hits = scanned(parts, query, limit, settings)
        times[n] = (perf_counter() - start) * 1000.0
        found += _others(hits, own).as_near_as(truth[n])
        wanted += len(truth[n].rows)
    return CurvePoint(settings, found / max(1, wanted), float(np.median(times)))


def _others(hits: Hits, own: int) -> Hits:
    return hits.without(np.array([own])).first(K)


def _probes(lists: int) -> list[int]:
    """Powers of two from 4 on, what lies half way between them, and at last all lists."""
    steps = [step for power in range(2, 20) for step in (2**power, 3 * 2 ** (power - 1))]
    return [probes for probes in steps if probes < lists] + [lists]


def _is_half_step(probes: int) -> bool:
    return probes % 3 == 0
