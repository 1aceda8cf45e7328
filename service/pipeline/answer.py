"""The second half of a search, in one thread: search (which rescores exactly) → rank → hits.

Blocks; knows no HTTP, no encoder and no cache.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.ports import Collection
from index.types import AttributeType, Candidate, Filter, HasId, Item, Match
from models.arrays import Vector, Vectors
from service import ranking
from service.errors import AttributeUnknownError
from service.metrics import StageClock
from service.pipeline.access import OpenCollection
from service.pipeline.candidates import Found, find
from service.pipeline.explain import explanation, hybrid_parts
from service.pipeline.recipe import Recipe, vector_of
from service.ranking import Fusion
from service.types import Hit, SearchOptions

_POOL = 1000
"""The same for every page of a search, so that its pages fit together; no page of a ranked search reaches further."""
_LARGEST_POOL = 6400
_MOST_ROUNDS = 12
"""Searches of one request that groups fills its page by."""
_SCALAR = (str, int, float, bool)


@dataclass(frozen=True)
class Pool:
    """Candidates of one search with what ranking needs of them; everything by position [n]."""

    candidates: Sequence[Candidate]
    items: Sequence[Item]
    vectors: Vectors
    """[n, d] where ranking compares items or a hit shows its vector, else [n, 0]."""
    scores: NDArray[np.float32]
    """Of the raw cosines, whatever the order."""
    boosts: Sequence[NDArray[np.float32]]
    """What each boost adds, in the order of the options."""
    biases: NDArray[np.float32] | None
    """What hubness correction took off each cosine."""
    values: NDArray[np.float32]
    """What orders: the (corrected) cosine, its score with the boosts, or the fused value with them."""
    fusion: Fusion | None = None
    """Where texts count beside vectors."""


def answer(opened: OpenCollection, recipe: Recipe, options: SearchOptions, clock: StageClock) -> Sequence[Hit]:
    """The page of hits that the options ask for."""
    _check_attributes(opened.collection, options)
    rounds = _Rounds(opened, recipe, vector_of(recipe), options, clock)
    rounds.fill(options.offset + options.limit)
    with clock.stage("rank"):
        page = rounds.ranked[options.offset : options.offset + options.limit]
        return [_hit(n, pool, opened, recipe, options) for pool, n in page]


class _Rounds:
    """One search after the other until the page is full: what ranking throws away is made up for.

    Near-duplicates: the same search with more candidates. Groups: a search among the groups that were not met yet;
    all it finds is farther than what was there, so that it goes to the end, and no group of a thousand equal items
    hides the others.
    """

    def __init__(
        self, opened: OpenCollection, recipe: Recipe, query: Vector, options: SearchOptions, clock: StageClock
    ) -> None:
        self.ranked: list[tuple[Pool, int]] = []
        """Pool and position in it, best first."""
        self._opened, self._recipe, self._query, self._options, self._clock = opened, recipe, query, options, clock

    def fill(self, needed: int) -> None:
        """Rank until there are `needed`, or no more."""
        filter_, size = self._options.filter, pool_size(self._options)
        for _ in range(_MOST_ROUNDS):
            pool, order, is_all = self._round(filter_, size, needed)
            self.ranked += [(pool, n) for n in order]
            key = self._options.group_by
            if len(self.ranked) >= needed or is_all or key is None or self._options.collapse_duplicates:
                return
            filter_, size = beyond(filter_, key, pool.items), min(4 * size, _LARGEST_POOL)

    def _round(self, filter_: Filter | None, size: int, needed: int) -> tuple[Pool, list[int], bool]:
        while True:
            with self._clock.stage("search"):
                found = find(self._opened.collection, self._recipe, self._query, self._options, size, filter_)
                pool = _pool(self._opened, self._recipe, self._options, found, size)
            with self._clock.stage("rank"):
                order = ranked(pool, self._options)
            is_all = found.is_all or _is_below(pool, self._options, size)
            if len(order) >= needed or is_all or not may_grow(self._options) or size >= _LARGEST_POOL:
                return pool, order, is_all
            size = min(4 * size, _LARGEST_POOL)


def drops_hits(options: SearchOptions) -> bool:
    """Does ranking throw candidates away? (A threshold only cuts the tail.)"""
    return options.collapse_duplicates or options.group_by is not None


def reorders(options: SearchOptions) -> bool:
    """Does the place of a hit depend on the other candidates of the pool?"""
    return bool(options.boost) or options.diversity > 0 or options.hybrid > 0


def ranks_a_pool(options: SearchOptions) -> bool:
    """Does ranking change the order that the search gave?"""
    return drops_hits(options) or reorders(options)


def may_grow(options: SearchOptions) -> bool:
    """May more be fetched for a page that is not full? A larger pool only adds to the end, unless it is reordered."""
    return options.collapse_duplicates and not reorders(options)


def pool_size(options: SearchOptions) -> int:
    """How many candidates to rank."""
    needed = options.offset + options.limit
    return max(_POOL, needed) if ranks_a_pool(options) else needed


def ranked(pool: Pool, options: SearchOptions) -> list[int]:
    """Positions in the pool, best first: boost, threshold, duplicates, groups, variety."""
    values = pool.values
    order = ranking.by_value(values) if options.boost or options.hybrid > 0 else list(range(len(values)))
    if options.score_threshold is not None:
        order = ranking.above(order, pool.scores, options.score_threshold)
    if options.collapse_duplicates:
        order = ranking.distinct(order, pool.vectors)
    if options.group_by is not None:
        order = ranking.first_of_group(order, [_group(item, options.group_by) for item in pool.items])
    if options.diversity > 0 and order:
        count = options.offset + options.limit
        order = ranking.diverse(order, values, pool.vectors, options.diversity, count)
    return order


def beyond(filter_: Filter | None, key: str, items: Sequence[Item]) -> Filter:
    """Neither the groups of these items nor, where they have none, the items themselves."""
    groups = tuple(dict.fromkeys(value for item in items if isinstance(value := item.attributes.get(key), _SCALAR)))
    loose = tuple(item.id for item in items if item.attributes.get(key) is None)
    met = (*((Match(key, groups),) if groups else ()), *((HasId(loose),) if loose else ()))
    return Filter(must=() if filter_ is None else (filter_,), must_not=met)


def _is_below(pool: Pool, options: SearchOptions, size: int) -> bool:
    """Whatever comes next is farther, and does not reach the threshold either."""
    if options.score_threshold is None:
        return False
    nearest = np.sort(pool.scores)[-size:]  # what only the words brought in is farther by itself
    return bool((nearest < options.score_threshold).any())


def _pool(opened: OpenCollection, recipe: Recipe, options: SearchOptions, found: Found, size: int) -> Pool:
    """Fetch items and vectors; a row that died since it was found is left out."""
    fetched = opened.collection.rows([candidate.row for candidate in found.candidates])
    alive = [n for n, item in enumerate(fetched) if item is not None]
    candidates, items = [found.candidates[n] for n in alive], [item for item in fetched if item is not None]
    biases = None if found.biases is None else found.biases[alive]
    cosines = np.asarray([candidate.cosine for candidate in candidates], dtype=np.float32)
    corrected = cosines if biases is None else cosines - biases
    curve = opened.space.calibration_for(recipe.kind, recipe.field)
    boosts = [np.float32(boost.weight) * ranking.min_max(_column(items, boost.key)) for boost in options.boost]
    bm25 = np.asarray([candidate.bm25 for candidate in candidates], dtype=np.float32)
    fusion = ranking.fused(corrected, bm25, size, options.hybrid) if options.hybrid > 0 else None
    values = corrected if not boosts else curve.score(corrected)
    values = values if fusion is None else fusion.values
    return Pool(
        candidates=candidates,
        items=items,
        vectors=_vectors(opened.collection, recipe, options, candidates),
        scores=curve.score(cosines),
        boosts=boosts,
        biases=biases,
        values=np.asarray(values + np.sum(boosts, axis=0), np.float32) if boosts else values,
        fusion=fusion,
    )


def _vectors(
    collection: Collection, recipe: Recipe, options: SearchOptions, candidates: Sequence[Candidate]
) -> Vectors:
    compares = options.collapse_duplicates or options.diversity > 0
    if not candidates or not (compares or options.include & {"vector", "explain"}):
        return np.empty((len(candidates), 0), dtype=np.float32)
    return collection.row_vectors(recipe.field, [candidate.row for candidate in candidates])


def _hit(n: int, pool: Pool, opened: OpenCollection, recipe: Recipe, options: SearchOptions) -> Hit:
    item, vector = pool.items[n], pool.vectors[n]
    added = {f"boost.{boost.key}": float(part[n]) for boost, part in zip(options.boost, pool.boosts, strict=True)}
    if pool.fusion is not None:
        added |= hybrid_parts(pool.fusion, n, pool.candidates[n].bm25)
    if pool.biases is not None:
        added["bias.hubness"] = float(pool.biases[n])
    return Hit(
        id=item.id,
        score=float(pool.scores[n]),
        cosine=pool.candidates[n].cosine,
        text=item.text,
        attributes=item.attributes if "attributes" in options.include else {},
        has_image=(item.picture_ref or "").startswith("sha256:"),
        vector=vector if "vector" in options.include else None,
        explain=explanation(recipe, opened.space, vector, added) if "explain" in options.include else None,
    )


def _check_attributes(collection: Collection, options: SearchOptions) -> None:
    """Raises AttributeUnknownError for what `boost` and `group_by` cannot use."""
    known = collection.spec.attributes
    for boost in options.boost:
        _require(boost.key, known.get(boost.key), ("number",), "boost")
    if options.group_by is not None:
        _require(options.group_by, known.get(options.group_by), ("keyword", "number", "boolean"), "group_by")


def _require(key: str, found: AttributeType | None, wanted: tuple[AttributeType, ...], use: str) -> None:
    if found is None:
        raise AttributeUnknownError(f"the collection has no attribute {key!r} to {use}: its facets list those it has")
    if found not in wanted:
        raise AttributeUnknownError(f"{use} needs a {' or '.join(wanted)} attribute; {key!r} is a {found}")


def _column(items: Sequence[Item], key: str) -> NDArray[np.float32]:
    values = [item.attributes.get(key) for item in items]
    numbers = [float(value) if isinstance(value, int | float) else np.nan for value in values]
    return np.asarray(numbers, dtype=np.float32)


def _group(item: Item, key: str) -> Hashable:
    return item.attributes.get(key)
