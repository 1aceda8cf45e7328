"""A few dozen real products of the demo catalogue: the same things at several suppliers."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DEMO = Path(__file__).resolve().parents[2] / "demo"


@dataclass(frozen=True)
class Product:
    """One line of the catalogue."""

    id: str
    text: str
    picture: Path
    attributes: dict[str, Any]


def read_products(suppliers: Sequence[str], count: int) -> Sequence[Product]:
    """`count` things that all these suppliers offer, evenly over the catalogue."""
    offers: dict[str, list[Product]] = defaultdict(list)
    for line in (DEMO / "catalogue.jsonl").read_text(encoding="utf-8").splitlines():
        product = _product(json.loads(line))
        if product.picture.parent.name in suppliers:
            offers[product.attributes["product_id"]].append(product)
    offered_by_all = [same for same in offers.values() if len(same) == len(suppliers)]
    step = max(1, len(offered_by_all) // count)
    return [product for same in offered_by_all[::step][:count] for product in same]


def _product(record: dict[str, Any]) -> Product:
    return Product(record["id"], record["text"], DEMO / record["image"], record["attributes"])
