"""Small sets for choices after training, drawn from the training sources: never from Tux Paint."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TypeVar

from models.evaluation.changes import is_held_out
from models.evaluation.same_things import is_plain
from models.evaluation.triplets import Triplet, find_triplets
from models.sources import SourceItem
from models.starter.split import is_unseen

Pair = tuple[SourceItem, SourceItem]
T = TypeVar("T")


def supplier_pairs(
    left: Sequence[SourceItem], right: Sequence[SourceItem], held_out: frozenset[str], *, unseen: bool, at_most: int
) -> tuple[Pair, ...]:
    """The same plain things of two suppliers, of unseen concepts or of seen ones, evenly taken."""
    by_id = {item.id: item for item in right if item.keywords}
    pairs = [
        (item, by_id[item.id])
        for item in left
        if is_plain(item) and item.id in by_id and is_unseen(item.title, held_out) == unseen
    ]
    return tuple(_evenly(pairs, at_most))


def seen_triplets(items: Sequence[SourceItem], held_out: frozenset[str], each_kind: int) -> tuple[Triplet, ...]:
    """At most `each_kind` triplets a kind of change, of concepts that the evaluation does not ask for."""
    kinds: dict[str, list[Triplet]] = defaultdict(list)
    for triplet in find_triplets(items):
        if not is_held_out(triplet, items, held_out):
            kinds[triplet.kind].append(triplet)
    return tuple(triplet for found in kinds.values() for triplet in _evenly(found, each_kind))


def _evenly(values: Sequence[T], at_most: int) -> list[T]:
    step = max(1, -(-len(values) // at_most))
    return list(values[::step])
