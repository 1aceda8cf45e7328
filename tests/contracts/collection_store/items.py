"""Small items for the suite: a vector is a direction in four dimensions."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from index.types import Attributes, CollectionSpec, FieldName, ItemWrite, Vector

SPEC = CollectionSpec("shoes", "starter", "starter-1", 4, attributes={"brand": "keyword", "price": "number"})


def direction(*values: float) -> Vector:
    vector = np.array(values, dtype=np.float32)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


EAST, NORTH, UP = direction(1, 0, 0, 0), direction(0, 1, 0, 0), direction(0, 0, 1, 0)


def write(
    id_: str, image: Vector | None = None, product: Vector | None = None, attributes: Attributes | None = None
) -> ItemWrite:
    """An item with the vectors that are given; its content hash is its id."""
    given: Mapping[FieldName, Vector | None] = {"image": image, "product": product}
    vectors = {field: vector for field, vector in given.items() if vector is not None}
    return ItemWrite(id_, f"hash of {id_}", text=f"text of {id_}", attributes=attributes or {}, vectors=vectors)


def with_content(item: ItemWrite, content_hash: str) -> ItemWrite:
    return replace(item, content_hash=content_hash)
