"""Batches that follow from their number, so that whoever knows how many were acknowledged knows what must be there.

Each thread writes ids of its own, so that each is checked on its own while they share transactions.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index import Collection
from index.sealed.policy import SealPolicy
from index.types import Attributes, CollectionSpec, FieldName, Filter, ItemWrite, Match

THREADS = 2
IDS = 30
POLICY = SealPolicy(least=30, fresh_least=3, retry_s=0.2)
"""So few that something is sealed all the time."""
SPEC = CollectionSpec("killed", "starter", "starter-1", 16, attributes={"owner": "keyword"})


@dataclass(frozen=True)
class Batch:
    """One acknowledged or refused unit: an upsert, deletes, or a patch of every item of a brand."""

    upserts: Sequence[ItemWrite] = ()
    deletes: Sequence[str] = ()
    delete_brand: str | None = None

    def write(self, collection: Collection) -> None:
        if self.upserts:
            collection.upsert(self.upserts)
        if self.deletes:
            collection.delete(self.deletes)
        if self.delete_brand is not None:
            collection.delete_matching(Filter(must=(Match("brand", (self.delete_brand,)),)))


def batch(thread: int, number: int) -> Batch:
    chance = random.Random(1000 * number + thread)
    ids = [f"t{thread}-{n}" for n in chance.sample(range(IDS), chance.randint(1, 12))]
    kind = chance.random()
    if kind < 0.2:
        return Batch(deletes=ids)
    if kind < 0.25:
        return Batch(delete_brand=f"t{thread}-brand{chance.randrange(4)}")
    return Batch(upserts=[_item(id_, thread, number, chance) for id_ in ids])


def _item(id_: str, thread: int, number: int, chance: random.Random) -> ItemWrite:
    """Vectors, text, picture and attributes all carry the batch's number."""
    content = f"{thread}-{number}-{chance.randrange(3)}"
    brand = f"t{thread}-brand{chance.randrange(4)}"
    attributes: Attributes = {"owner": f"t{thread}", "brand": brand, "batch": number, "tags": (f"n{number % 3}",)}
    vector = np.random.default_rng(number).standard_normal(16).astype(np.float32)
    picture = content.encode() if chance.random() < 0.3 else None
    thumbnail = b"small " + picture if picture else None
    fields: tuple[FieldName, ...] = ("image", "product") if chance.random() < 0.5 else ("product",)
    vectors = dict.fromkeys(fields, vector)
    return ItemWrite(id_, content, content, attributes, picture, thumbnail=thumbnail, vectors=vectors)
