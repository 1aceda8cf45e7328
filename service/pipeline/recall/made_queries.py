"""Held-out text and composed queries of a collection that has no log of them yet, made from its items' texts.

A text query is a few words of an item's text. A composed one is an item's picture and the step from its own text to
another item's: half of them as `pdv`, half as `sum`, by the model's defaults. They are encoded on the bulk lane.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from index.index_info import QueryKind
from index.query_bank import ENOUGH, FEWEST
from index.types import FieldName, Item
from models.arrays import Vector, Vectors
from models.compose import PdvParts, centre, pdv, weighted_sum
from models.errors import CompositionError
from models.manifest import Manifest
from service.embedder import Embedder
from service.pacing import Threads, in_window
from service.pipeline.access import OpenCollection
from service.types import Deadline

QUERIES = 256
ITEMS = 1_024
"""Looked at to find so many with a text."""
WINDOW = 2
FEW_WORDS, MANY_WORDS = 2, 6
SAME = 0.999
"""A text that is all an item has gives the item's own vector: it would find it at once."""

Made = Mapping[tuple[FieldName, QueryKind], Vectors]
KINDS: tuple[tuple[FieldName, QueryKind], ...] = (("image", "text"), ("image", "composed"), ("product", "text"))


@dataclass(frozen=True)
class Source:
    """An item with what its queries are made of; vectors float32 [d], or None where it has none."""

    text: Vector
    image: Vector | None
    product: Vector | None


class QueryMaker:
    """Makes queries of items; raises what the store and the embedder raise."""

    def __init__(self, threads: Threads, embedder: Embedder) -> None:
        """`threads`: for what blocks; no request waits for them."""
        self._threads, self._embedder = threads, embedder

    async def make(self, opened: OpenCollection, deadline: Deadline) -> None:
        """Make and keep what is missing; nothing where the items have too few texts, or no model reads them."""
        if opened.model is None or not opened.model.encodes_text:
            return
        if not await self._threads.run(deadline, lacks_queries, opened):
            return
        made = made_queries(await self._sources(opened, deadline), opened.manifest)
        for (field, kind), vectors in made.items():
            if field in opened.collection.spec.fields and len(vectors) >= FEWEST:
                await self._threads.run(deadline, opened.collection.keep_queries, field, kind, "items", vectors)

    async def _sources(self, opened: OpenCollection, deadline: Deadline) -> Sequence[Source]:
        items = await self._threads.run(deadline, opened.collection.sample, ITEMS)
        described = [item for item in items if item.text and item.text.strip()][:QUERIES]
        chance = np.random.default_rng()
        words = [few_words(item.text or "", chance) for item in described]
        encoded = await in_window(
            lambda text: self._embedder.encode(opened.manifest, text, "bulk", deadline), words, WINDOW
        )
        images, products = [
            await self._threads.run(deadline, stored, opened, name, described) for name in ("image", "product")
        ]
        return [Source(one.vector, *rest) for one, *rest in zip(encoded, images, products, strict=True)]


def lacks_queries(opened: OpenCollection) -> bool:
    """Whether a kind has neither made queries nor a log that is long enough. Blocks."""
    known = opened.collection
    return any(
        not len(known.queries(field, kind, "items")) and len(known.queries(field, kind, "log")) < ENOUGH
        for field, kind in KINDS
        if field in known.spec.fields
    )


def stored(opened: OpenCollection, field: FieldName, items: Sequence[Item]) -> Sequence[Vector | None]:
    """The items' vectors of a field. Blocks."""
    if field not in opened.collection.spec.fields:
        return [None] * len(items)
    return opened.collection.vectors(field, [item.id for item in items])


def few_words(text: str, chance: np.random.Generator) -> str:
    """Some consecutive words, as somebody would type them."""
    words = text.split()
    count = int(chance.integers(FEW_WORDS, MANY_WORDS + 1))
    start = int(chance.integers(0, max(1, len(words) - count + 1)))
    return " ".join(words[start : start + count])


def made_queries(sources: Sequence[Source], manifest: Manifest) -> Made:
    """float32 [n, d] by field and kind; empty where nothing can be made."""
    centred = [centre(source.text, manifest.mean("text")) for source in sources]
    return {
        ("image", "text"): _stacked([source.text for source in sources], manifest.dimension),
        ("image", "composed"): _stacked(_composed(sources, centred, manifest), manifest.dimension),
        ("product", "text"): _stacked(
            [
                text
                for source, text in zip(sources, centred, strict=True)
                if source.product is None or float(source.product @ text) < SAME
            ],
            manifest.dimension,
        ),
    }


def _composed(sources: Sequence[Source], texts: Sequence[Vector], manifest: Manifest) -> list[Vector]:
    """Each picture with the text of the source after it."""
    defaults, found = manifest.composition, []
    for n, source in enumerate(sources):
        if source.image is None:
            continue
        image, target = centre(source.image, manifest.mean("image")), texts[(n + 1) % len(texts)]
        try:
            if n % 2:
                found.append(weighted_sum([image, target], [1.0, defaults.sum_weight]))
            else:
                found.append(pdv(PdvParts(image, texts[n], target), defaults.alpha, defaults.beta))
        except CompositionError:  # the two texts are one
            continue
    return found


def _stacked(vectors: Sequence[Vector], dimension: int) -> Vectors:
    return np.stack(vectors) if vectors else np.empty((0, dimension), np.float32)
