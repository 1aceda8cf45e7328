"""What a query became: named vectors and how they are mixed. Pure values and functions.

A recipe is all that a refinement needs, so it is what the cache keeps; no encoder is called twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from sys import getsizeof
from typing import Literal, TypeAlias

from index.types import Condition, FieldName, Filter, HasId, Match, MatchText
from models.arrays import Vector
from models.compose import PdvParts, pdv, unit, weighted_sum
from models.manifest import QueryKind
from service.errors import RefinementError
from service.types import Notice, Refinement, SearchOptions

_CONDITION_BYTES = 100
_REFERENCE_BYTES = 8

Mixture: TypeAlias = Literal["single", "sum", "pdv"]


@dataclass(frozen=True)
class Part:
    """A vector float32 [d] of unit length, ready to be mixed, and its weight in a `sum`."""

    name: str
    vector: Vector
    weight: float = 1.0


@dataclass(frozen=True)
class Recipe:
    """`single`: the one part; `sum`: parts by weight; `pdv`: parts image, base, target by alpha and beta."""

    kind: QueryKind
    field: FieldName
    mixture: Mixture
    parts: tuple[Part, ...]
    alpha: float | None = None
    beta: float | None = None
    excluded: tuple[str, ...] = ()
    """Ids that the query itself refers to; they are no answer to it."""
    words: str | None = None
    """What a hybrid search ranks texts by; None where the search is not hybrid."""


@dataclass(frozen=True)
class QueryState:
    """A query as the cache keeps it for `refine`."""

    collection: str
    space_id: str
    recipe: Recipe
    options: SearchOptions
    warnings: tuple[Notice, ...] = ()

    @property
    def size_bytes(self) -> int:
        """About what it holds in memory, for the bound of the cache."""
        vectors = sum(part.vector.nbytes + getsizeof(part.name) for part in self.recipe.parts)
        boosts = _bytes_of(boost.key for boost in self.options.boost)
        filtering = _filter_bytes(self.options.filter) if self.options.filter is not None else 0
        words = getsizeof(self.recipe.words)
        return 1000 + vectors + boosts + filtering + words + _bytes_of(self.recipe.excluded)


def _filter_bytes(condition: Condition) -> int:
    if isinstance(condition, Filter):
        parts = (*condition.must, *condition.should, *condition.must_not)
        return _CONDITION_BYTES + sum(map(_filter_bytes, parts))
    if isinstance(condition, HasId):
        return _CONDITION_BYTES + _bytes_of(condition.ids)
    if isinstance(condition, MatchText):
        return _CONDITION_BYTES + _bytes_of((condition.text,))
    held = condition.values if isinstance(condition, Match) else ()
    return _CONDITION_BYTES + _bytes_of((condition.key, *held))


def _bytes_of(values: Iterable[object]) -> int:
    return sum(getsizeof(value) + _REFERENCE_BYTES for value in values)


def vector_of(recipe: Recipe) -> Vector:
    """The query vector float32 [d] of unit length. Raises CompositionError where the parts cancel out."""
    vectors = [part.vector for part in recipe.parts]
    if recipe.mixture == "pdv" and recipe.alpha is not None and recipe.beta is not None:
        return pdv(PdvParts(*vectors), recipe.alpha, recipe.beta)
    if recipe.mixture == "sum":
        return weighted_sum(vectors, [part.weight for part in recipe.parts])
    return unit(vectors[0])


def refined(state: QueryState, refinement: Refinement) -> QueryState:
    """The same query with other weights. Raises RefinementError for weights that the query does not have."""
    options = replace(
        state.options,
        filter=state.options.filter if refinement.filter is None else refinement.filter,
        limit=state.options.limit if refinement.limit is None else refinement.limit,
    )
    return replace(state, recipe=_with_weights(state.recipe, refinement), options=options)


def _with_weights(recipe: Recipe, refinement: Refinement) -> Recipe:
    if recipe.mixture != "pdv" and (refinement.alpha is not None or refinement.beta is not None):
        raise RefinementError(
            "only a query composed by pdv has alpha and beta: send weights instead, or leave them out"
        )
    if refinement.weights is not None:
        return replace(recipe, parts=_reweighted(recipe, refinement.weights))
    alpha = recipe.alpha if refinement.alpha is None else refinement.alpha
    beta = recipe.beta if refinement.beta is None else refinement.beta
    return replace(recipe, alpha=alpha, beta=beta)


def _reweighted(recipe: Recipe, weights: Sequence[float]) -> tuple[Part, ...]:
    if recipe.mixture != "sum":
        raise RefinementError("this query has no weights: refine a query of terms, a sum or a product by weights")
    if len(weights) != len(recipe.parts):
        names = ", ".join(part.name for part in recipe.parts)
        raise RefinementError(f"the query has {len(recipe.parts)} weights ({names}); {len(weights)} were given")
    return tuple(replace(part, weight=weight) for part, weight in zip(recipe.parts, weights, strict=True))
