"""The candidates of a search in the order in which they count: by cosine, or by corrected cosine. Blocks.

Owns where hubness correction applies: to one text against pictures, and to nothing else. Among pictures an item that
is near to many is simply a common one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from index.ports import Collection
from index.types import Candidate, Filter
from models.arrays import Vector
from service.pipeline.recipe import Recipe
from service.types import SearchOptions

CORRECTED = 1000
"""So many of the nearest are put in order by the corrected cosine, whatever the page, so that pages fit together."""


@dataclass(frozen=True)
class Found:
    """Best first."""

    candidates: Sequence[Candidate]
    biases: NDArray[np.float32] | None
    """float32 [n] taken off the cosines to find the order; None where nothing was corrected."""
    is_all: bool
    """There is nothing beyond them."""


def find(
    collection: Collection, recipe: Recipe, query: Vector, options: SearchOptions, size: int, filter_: Filter | None
) -> Found:
    """The `size` best among what the filter allows; of a hybrid search also what its words brought in."""
    is_corrected = corrects(collection, recipe, options)
    wanted = max(size, CORRECTED) if is_corrected else size
    params, words = replace(options.params, kind=recipe.kind), recipe.words if options.hybrid > 0 else None
    found = collection.search(recipe.field, query, wanted, filter_, params, recipe.excluded, words)
    corrected, kept = (CORRECTED, size) if words is None else (len(found), len(found))
    biases = collection.biases(recipe.field, [one.row for one in found[:corrected]]) if is_corrected else None
    if biases is None:
        return Found(found[:kept], None, len(found) < size)
    order = corrected_order(np.asarray([one.cosine for one in found], dtype=np.float32), biases)[:kept]
    everyone = np.zeros(len(found), dtype=np.float32)
    everyone[: len(biases)] = biases
    return Found([found[n] for n in order], everyone[order], len(found) < size)


def corrects(collection: Collection, recipe: Recipe, options: SearchOptions) -> bool:
    """Whether the order of this search is corrected."""
    is_text = recipe.kind == "text" and recipe.mixture == "single" and recipe.field == "image"
    return is_text and options.params.hubness and collection.biases(recipe.field, ()) is not None


def corrected_order(cosines: NDArray[np.float32], biases: NDArray[np.float32]) -> list[int]:
    """Positions, best first: the first len(biases) by cosine less bias, the rest behind them as they come."""
    head = np.argsort(-(cosines[: len(biases)] - biases), kind="stable")
    return [*map(int, head), *range(len(biases), len(cosines))]
