"""The committed demo catalogue is whole: every picture opens, every attribute is what the search page expects."""

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

_DEMO = Path(__file__).parents[4] / "demo"
_LIMIT = 15_000_000
_SUPPLIERS = {"fluent 3d": "mit", "noto": "apache-2.0", "twemoji": "cc-by-4.0", "openclipart": "public-domain"}


@pytest.fixture(scope="module")
def records() -> list[dict[str, Any]]:
    lines = (_DEMO / "catalogue.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_there_are_thousands_and_each_is_named_once(records: list[dict[str, Any]]) -> None:
    assert 3_500 <= len(records) <= 5_000
    assert max(Counter(record["id"] for record in records).values()) == 1


def test_every_picture_opens_and_none_is_left_over(records: list[dict[str, Any]]) -> None:
    for record in records:
        with Image.open(_DEMO / record["image"]) as picture:
            picture.load()
            assert picture.format == "WEBP"
            assert min(picture.size) >= 16
    files = {path.relative_to(_DEMO).as_posix() for path in (_DEMO / "pictures").rglob("*") if path.is_file()}
    assert files == {record["image"] for record in records}


def test_it_fits_the_repository() -> None:
    assert sum(path.stat().st_size for path in _DEMO.rglob("*") if path.is_file()) <= _LIMIT


def test_attributes_are_neat(records: list[dict[str, Any]]) -> None:
    for record in records:
        attributes = record["attributes"]
        assert _SUPPLIERS[attributes["supplier"]] == attributes["licence"]
        assert record["text"] == record["text"].strip() != ""
        for name in ("group", "subgroup", "product_id"):
            assert attributes[name] == attributes[name].lower() != ""
        assert attributes["keywords"] == list(dict.fromkeys(attributes["keywords"]))
        assert 0 < attributes["price"] < 1_000
        assert 0 <= attributes["stock"] <= 240


def test_the_emoji_suppliers_sell_the_same_products_at_like_prices(records: list[dict[str, Any]]) -> None:
    products: dict[str, dict[str, float]] = defaultdict(dict)
    for record in records:
        attributes = record["attributes"]
        if attributes["supplier"] != "openclipart":
            products[attributes["product_id"]][attributes["supplier"]] = attributes["price"]
    for prices in products.values():
        assert len(prices) == 3
        assert max(prices.values()) / min(prices.values()) < 1.2


def test_every_supplier_is_credited() -> None:
    credits_page = (_DEMO / "ATTRIBUTION.md").read_text(encoding="utf-8")
    for words in ("Microsoft", "Google", "Twitter", "Open Clip Art", "CC-BY 4.0", "Apache License", "Unicode"):
        assert words in credits_page
