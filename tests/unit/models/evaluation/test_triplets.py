"""Composed triplets from families of variants."""

from pathlib import Path

from models.evaluation.triplets import find_triplets
from models.sources import SourceItem, Variant


def item(title: str, family: str | None = None, **axes: str) -> SourceItem:
    variant = Variant(family, {name.replace("_", " "): value for name, value in axes.items()}) if family else None
    return SourceItem(
        source="test", id=title, picture=Path(title), title=title, keywords=(), group="", subgroup="",
        licence="MIT", variant=variant,
    )  # fmt: skip


def test_neutral_sibling_is_the_reference() -> None:
    items = [item("hand", "hand"), item("dark hand", "hand", skin_tone="dark"), item("tree")]
    (triplet,) = find_triplets(items)
    assert (triplet.reference, triplet.target) == (0, 1)
    assert triplet.modification == "dark skin tone"
    assert triplet.siblings == (1,)


def test_without_neutral_the_next_value_is_the_reference() -> None:
    items = [item("blue heart", "heart", colour="blue"), item("red heart", "heart", colour="red")]
    towards_blue, towards_red = find_triplets(items)
    assert (towards_blue.reference, towards_blue.modification) == (1, "blue")
    assert (towards_red.reference, towards_red.modification) == (0, "red")


def test_two_changes_at_once_are_no_triplet() -> None:
    items = [item("runner", "run"), item("dark woman", "run", skin_tone="dark", gender="woman")]
    assert find_triplets(items) == ()
