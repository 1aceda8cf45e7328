"""Identifiers, prices and stock of the demo's products, and the choice of emoji."""

from pathlib import Path

import pytest

from models.sources import SourceItem, Variant
from models.sources.demo_record import demo_record, price, share, slug, stock
from models.sources.demo_selection import choose_clipart, choose_emoji, is_wanted


def _item(title: str, source: str = "noto", variant: Variant | None = None, **changes: str) -> SourceItem:
    places = {"id": "1F34E", "group": "food-drink", "subgroup": "food-fruit", **changes}
    return SourceItem(
        source=source,
        id=places["id"],
        picture=Path("p"),
        title=title,
        keywords=("Red",),
        group=places["group"],
        subgroup=places["subgroup"],
        licence="MIT",
        variant=variant,
    )


def test_a_record_reads_like_a_product() -> None:
    record = demo_record(_item("red apple"), "fluent 3d")
    assert (record.id, record.image, record.text) == (
        "fluent-3d-red-apple",
        "pictures/fluent-3d/red-apple.webp",
        "red apple",
    )
    assert (record.attributes.group, record.attributes.subgroup) == ("food and drink", "fruit")
    assert (record.attributes.product_id, record.attributes.licence) == ("red-apple", "mit")
    assert record.attributes.keywords == ("red",)


def test_slugs_are_plain() -> None:
    assert slug("man: red hair") == "man-red-hair"
    assert slug("piñata o'clock") == "pinata-oclock"


def test_prices_and_stock_never_change() -> None:
    assert price("food and drink", "red-apple", "noto") == price("food and drink", "red-apple", "noto")
    assert share("a", "b") != share("ab")
    assert 0 <= stock("noto-red-apple") <= 240


@pytest.mark.parametrize("product", ["red-apple", "pear", "beer-mug", "soup"])
def test_suppliers_differ_by_less_than_a_fifth(product: str) -> None:
    prices = [
        price("food and drink", product, supplier) for supplier in ("fluent 3d", "noto", "twemoji", "openclipart")
    ]
    assert max(prices) / min(prices) < 1.2


def test_flags_signs_and_most_skin_tones_are_left_out() -> None:
    assert is_wanted(_item("red apple"))
    assert not is_wanted(_item("white flag", group="flags"))
    assert not is_wanted(_item("ATM sign", group="symbols", subgroup="transport-sign"))
    tone = {"skin tone": "dark", "gender": "man"}
    people = {"group": "people-body", "subgroup": "person-role"}
    assert is_wanted(_item("man astronaut: dark", variant=Variant("adult", {**tone, "role": "astronaut"}), **people))
    assert not is_wanted(_item("man judge: dark", variant=Variant("adult", {**tone, "role": "judge"}), **people))


def test_only_what_every_vendor_draws_is_chosen() -> None:
    vendors = {"noto": [_item("apple"), _item("pear", id="1F350")], "twemoji": [_item("apple", source="twemoji")]}
    assert [(item.title, item.source) for item in choose_emoji(vendors)] == [("apple", "noto"), ("apple", "twemoji")]


def test_picked_clip_art_gets_its_picked_title(tmp_path: Path) -> None:
    picks = tmp_path / "picks.tsv"
    picks.write_text("food/pear\tgreen fruit\n", encoding="utf-8")
    (pear,) = choose_clipart([_item("pear", id="food/pear"), _item("plum", id="food/plum")], picks)
    assert (pear.title, pear.keywords) == ("green fruit", ("pear", "Red"))
