"""Batches of which half would show: every item of a batch has the same vector and the same attribute.

Owns what is written and what any search at any time must see. Used within one process and across several.
"""

import numpy as np

from index import Collection
from index.types import Attributes, CollectionSpec, Filter, ItemWrite, Range, Vector

ITEMS = 8
SPEC = CollectionSpec("whole", "starter", "starter-1", 16, attributes={"batch": "number"})
QUERY: Vector = np.eye(16, dtype=np.float32)[0]


def batch(number: int) -> list[ItemWrite]:
    """Some batches bring new content, some only other attributes."""
    vector = np.cos(np.arange(16) * (1 + number // 2)).astype(np.float32)
    attributes: Attributes = {"batch": number, "parity": str(number % 2)}
    return [
        ItemWrite(f"i{n}", f"content {number // 2}", attributes=attributes, vectors={"image": vector})
        for n in range(ITEMS)
    ]


def replacement(number: int) -> list[str]:
    """Every so often a batch is deleted first: then there are no items at all, or all of them."""
    return [f"i{n}" for n in range(ITEMS)] if number % 5 == 4 else []


def check_whole(collection: Collection, at_least: int = 0) -> None:
    """Everything that one search returns is of one batch."""
    for filter_ in (None, Filter(must=(Range("batch", gte=at_least),)), Filter(must_not=(Range("batch", lt=0),))):
        hits = collection.search("image", QUERY, 2 * ITEMS, filter_)
        assert len(hits) in (0, ITEMS), f"{len(hits)} hits"
        assert len({hit.cosine for hit in hits}) <= 1, "vectors of two batches"
        assert len({hit.id for hit in hits}) == len(hits)
    facets = {facet.key: facet for facet in collection.facets()}
    assert facets["batch"].minimum == facets["batch"].maximum, "attributes of two batches"
    assert collection.count() in (0, ITEMS)
