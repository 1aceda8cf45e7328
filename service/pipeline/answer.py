"""The second half of a search, in one thread: search (which rescores exactly) → rank → hits.

Blocks; knows no HTTP, no encoder and no cache.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from index.ports import Collection
from index.types import AttributeType, Candidate, Item
from models.arrays import Vectors
from service import ranking
from service.errors import AttributeUnknownError
from service.metrics import StageClock
from service.pipeline.access import OpenCollection
from service.pipeline.explain import explanation, hybrid_parts
from service.pipeline.recipe import Recipe, vector_of
from service.ranking import Fusion
from service.types import Hit, SearchOptions

_POOL = 1000
"""The same for every page of a search, so that its pages fit together; no page of a ranked search reaches further."""
_LARGEST_POOL = 6400


@dataclass(frozen=True)
class Pool:
    """Candidates of one search with what ranking needs of them; everything by position [n]."""

    candidates: Sequence[Candidate]
    items: Sequence[Item]
    vectors: Vectors
    """[n, d] where ranking compares items or a hit shows its vector, else [n, 0]."""
    scores: NDArray[np.float32]
    boosts: Sequence[NDArray[np.float32]]
    """What each boost adds, in the order of the options."""
    fusion: Fusion | None = None
    """Where texts count beside vectors."""

    @property
    def values(self) -> NDArray[np.float32]:
        """What orders: the cosine, the score with its boosts, or the fused value with its boosts."""
        if self.fusion is None and not self.boosts:
            return np.asarray([candidate.cosine for candidate in self.candidates], dtype=np.float32)
        values = self.scores if self.fusion is None else self.fusion.values
        return np.asarray(values + np.sum(self.boosts, axis=0), dtype=np.float32) if self.boosts else values


def answer(opened: OpenCollection, recipe: Recipe, options: SearchOptions, clock: StageClock) -> Sequence[Hit]:
    """The page of hits that the options ask for."""
    _check_attributes(opened.collection, options)
    query = vector_of(recipe)
    size, params = pool_size(options), replace(options.params, kind=recipe.kind)
    while True:
        with clock.stage("search"):
            found = opened.collection.search(
                recipe.field, query, size, options.filter, params, recipe.excluded, recipe.words
            )
            pool = _pool(opened, recipe, options, found, size)
        with clock.stage("rank"):
            order = ranked(pool, options)
        is_enough = len(order) >= options.offset + options.limit or len(found) < size
        if is_enough or not may_grow(options) or size >= _LARGEST_POOL:
            break
        size = min(4 * size, _LARGEST_POOL)
    with clock.stage("rank"):
        page = order[options.offset : options.offset + options.limit]
        return [_hit(n, pool, opened, recipe, options) for n in page]


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
    return drops_hits(options) and not reorders(options)


def pool_size(options: SearchOptions) -> int:
    """How many candidates to rank."""
    needed = options.offset + options.limit
    return max(_POOL, needed) if ranks_a_pool(options) else needed


def ranked(pool: Pool, options: SearchOptions) -> list[int]:
    """Positions in the pool, best first: boost, threshold, duplicates, groups, variety."""
    values = pool.values
    order = ranking.by_value(values)
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


def _pool(
    opened: OpenCollection, recipe: Recipe, options: SearchOptions, found: Sequence[Candidate], size: int
) -> Pool:
    """Fetch items and vectors; a row that died since it was found is left out."""
    fetched = opened.collection.rows([candidate.row for candidate in found])
    alive = [(candidate, item) for candidate, item in zip(found, fetched, strict=True) if item is not None]
    candidates, items = [pair[0] for pair in alive], [pair[1] for pair in alive]
    cosines = np.asarray([candidate.cosine for candidate in candidates], dtype=np.float32)
    scores = opened.space.calibration_for(recipe.kind, recipe.field).score(cosines)
    boosts = [np.float32(boost.weight) * ranking.min_max(_column(items, boost.key)) for boost in options.boost]
    bm25 = np.asarray([candidate.bm25 for candidate in candidates], dtype=np.float32)
    fusion = ranking.fused(cosines, bm25, size, options.hybrid) if options.hybrid > 0 else None
    return Pool(candidates, items, _vectors(opened.collection, recipe, options, candidates), scores, boosts, fusion)


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
