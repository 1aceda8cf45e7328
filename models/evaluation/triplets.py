"""Exact composed-search triplets from families of pictures: the same thing but for one change. Pure functions."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from models.sources import SourceItem

_PHRASES = {
    "skin tone": "{} skin tone",
    "hair": "{} hair",
    "direction": "facing {}",
    "phase": "{} moon",
}


@dataclass(frozen=True)
class Triplet:
    """Rows of the gallery; `modification` in the words of a user."""

    kind: str
    family: str
    reference: int
    target: int
    siblings: tuple[int, ...]
    """The family but for the reference, the target among them."""
    modification: str


def find_triplets(items: Sequence[SourceItem]) -> tuple[Triplet, ...]:
    """For every item and axis on which it is special, the change that leads to it from one sibling.

    The reference is the sibling that is neutral on the axis, or, where there is none, the next one by value.
    """
    families: dict[str, list[int]] = defaultdict(list)
    for row, item in enumerate(items):
        if item.variant is not None:
            families[item.variant.family].append(row)
    return tuple(
        triplet for name, rows in families.items() for target in rows for triplet in _towards(items, name, rows, target)
    )


def _towards(items: Sequence[SourceItem], family: str, rows: Sequence[int], target: int) -> Iterator[Triplet]:
    for axis, value in _axes(items[target]).items():
        alike = [row for row in rows if row != target and _without(items[row], axis) == _without(items[target], axis)]
        if alike:
            reference = _reference(items, alike, axis, value)
            siblings = tuple(row for row in rows if row != reference)
            yield Triplet(axis, family, reference, target, siblings, _PHRASES.get(axis, "{}").format(value))


def _reference(items: Sequence[SourceItem], alike: Sequence[int], axis: str, value: str) -> int:
    neutral = [row for row in alike if axis not in _axes(items[row])]
    if neutral:
        return neutral[0]
    ordered = sorted(alike, key=lambda row: _axes(items[row])[axis])
    return next((row for row in ordered if _axes(items[row])[axis] > value), ordered[0])


def _axes(item: SourceItem) -> dict[str, str]:
    return dict(item.variant.axes) if item.variant else {}


def _without(item: SourceItem, axis: str) -> dict[str, str]:
    return {name: value for name, value in _axes(item).items() if name != axis}
