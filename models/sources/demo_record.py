"""One product of the demo catalogue: its identifier, its made-up but stable price and stock. Pure; knows no files."""

import hashlib
import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from models.sources.demo_groups import demo_group
from models.sources.item import SourceItem

_SALT = "lookalike-demo-1"
_PRICES: Mapping[str, tuple[float, float]] = {
    "smileys": (2, 15),
    "people": (8, 60),
    "animals and plants": (5, 120),
    "food and drink": (1, 20),
    "travel and places": (15, 900),
    "sports and leisure": (4, 150),
    "household and work": (3, 250),
    "shapes": (1, 10),
}
_SUPPLIER_SPREAD = 0.08
"""A supplier's price lies this far around the product's: two suppliers differ by less than 20 %."""
_MOST_IN_STOCK = 240
_SOLD_OUT_SHARE = 0.08


@dataclass(frozen=True)
class DemoAttributes:
    """What the search page makes filters of; `product_id` joins the same thing over its suppliers."""

    supplier: str
    group: str
    subgroup: str
    keywords: tuple[str, ...]
    product_id: str
    price: float
    stock: int
    licence: str


@dataclass(frozen=True)
class DemoRecord:
    """One line of `catalogue.jsonl`; `image` is relative to it."""

    id: str
    image: str
    text: str
    attributes: DemoAttributes


def demo_record(item: SourceItem, supplier: str) -> DemoRecord:
    """The product that `item` becomes at `supplier`."""
    group, subgroup = demo_group(item)
    product = slug(item.title)
    identifier = f"{slug(supplier)}-{product}"
    attributes = DemoAttributes(
        supplier=supplier,
        group=group,
        subgroup=subgroup,
        keywords=tuple(dict.fromkeys(word.lower() for word in item.keywords)),
        product_id=product,
        price=price(group, product, supplier),
        stock=stock(identifier),
        licence=item.licence.lower(),
    )
    return DemoRecord(identifier, f"pictures/{slug(supplier)}/{product}.webp", item.title, attributes)


def slug(title: str) -> str:
    """`man: red hair` → `man-red-hair`."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower().replace("'", "")
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def price(group: str, product: str, supplier: str) -> float:
    """Evenly spread on a logarithmic scale over the group's range."""
    low, high = _PRICES[group]
    typical = math.exp(math.log(low) + share("price", product) * (math.log(high) - math.log(low)))
    return round(typical * (1 + _SUPPLIER_SPREAD * (2 * share("supplier", supplier, product) - 1)), 2)


def stock(identifier: str) -> int:
    """0 for the sold out, else 1 to 240."""
    if share("sold out", identifier) < _SOLD_OUT_SHARE:
        return 0
    return 1 + int(share("stock", identifier) * _MOST_IN_STOCK)


def share(*words: str) -> float:
    """A number in [0, 1) that depends on the words alone."""
    digest = hashlib.sha256("\0".join((_SALT, *words)).encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
