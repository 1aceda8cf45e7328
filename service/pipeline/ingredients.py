"""What a query is made of, as vectors: stored ones where there are, encoded ones where not.

Owns the difference between a picture that came with the request and the picture of an item.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from index.errors import ItemNotFoundError
from index.ports import Collection
from index.types import FieldName, Item
from models.arrays import Vector
from models.compose import centre, unit
from models.manifest import Manifest
from models.space import VectorSpace
from service.embedder import Embedder
from service.errors import PictureNotKeptError
from service.metrics import StageClock
from service.pipeline.access import Access, OpenCollection
from service.queue import Encoded
from service.types import Deadline, Notice, Picture, PictureBytes, PictureOfItem


@dataclass(frozen=True)
class Question:
    """One request on its way; `notices` gathers what the user should know."""

    opened: OpenCollection
    wanted_field: FieldName | None
    deadline: Deadline
    clock: StageClock
    notices: list[Notice] = field(default_factory=list)

    @property
    def manifest(self) -> Manifest:
        """Raises SpaceWithoutModelError."""
        return self.opened.manifest

    @property
    def space(self) -> VectorSpace:
        return self.opened.space

    def field(self, usual: FieldName) -> FieldName:
        """The field that was asked for, else the usual one of such a query."""
        return self.wanted_field or self.opened.default_field(usual)

    @property
    def collection(self) -> Collection:
        return self.opened.collection


@dataclass(frozen=True)
class Ingredient:
    """The embedding float32 [d] of one text or picture, not centred."""

    modality: Literal["image", "text"]
    vector: Vector
    is_truncated: bool = False

    def centred(self, space: VectorSpace) -> Vector:
        """Ready to be added to vectors of the other modality, or compared in the field `product`."""
        return centre(self.vector, space.mean(self.modality))

    def in_field(self, field_name: FieldName, space: VectorSpace) -> Vector:
        """As a query of its own: plain to the field `image`, centred to `product` (ADR 2)."""
        return self.centred(space) if field_name == "product" else self.vector


class Ingredients:
    """Texts and pictures to vectors; raises what the embedder and the store raise."""

    def __init__(self, access: Access, embedder: Embedder) -> None:
        self._access = access
        self._embedder = embedder

    async def vectors(self, question: Question, contents: Sequence[str | Picture]) -> list[Ingredient]:
        """One ingredient a content, in order; what has to be encoded is encoded at the same time."""
        ready = [await self._stored(question, content) for content in contents]
        loose = [content for content in ready if not isinstance(content, Ingredient)]
        encoded = await self._encoded(question, loose)
        fresh = iter(zip(loose, encoded, strict=True))
        result = []
        for content in ready:
            if isinstance(content, Ingredient):
                result.append(content)
                continue
            source, vector = next(fresh)
            modality: Literal["image", "text"] = "text" if isinstance(source, str) else "image"
            result.append(Ingredient(modality, vector.vector, vector.is_truncated))
            if isinstance(source, str) and vector.is_truncated:
                question.notices.append(truncation(source, question.manifest))
        return result

    async def _encoded(self, question: Question, loose: Sequence[str | PictureBytes]) -> Sequence[Encoded]:
        """Stored vectors alone need no model."""
        if not loose:
            return ()
        return await self._embedder.embed(question.manifest, loose, "interactive", question.deadline, question.clock)

    async def item(self, question: Question, id_: str) -> Item:
        """Raises ItemNotFoundError."""
        (item,) = await self._access.run(question.deadline, question.collection.get, [id_])
        if item is None:
            raise ItemNotFoundError(f"collection {question.opened.name!r} has no item {id_!r}: check the id", id_)
        return item

    async def stored_vector(self, question: Question, field_name: FieldName, id_: str) -> Vector:
        """Raises ItemNotFoundError; PictureNotKeptError where the item has no vector in that field."""
        (vector,) = await self._access.run(question.deadline, question.collection.vectors, field_name, [id_])
        if vector is None:
            await self.item(question, id_)
            if question.opened.model is None:
                raise PictureNotKeptError(f"item {id_!r} has no vector in the field {field_name!r}: name another field")
            raise PictureNotKeptError(f"item {id_!r} has no picture: search by its product instead")
        return unit(vector)

    async def has_vector(self, question: Question, field_name: FieldName, id_: str) -> bool:
        """Whether the item has a vector in that field; False for an unknown item too."""
        (vector,) = await self._access.run(question.deadline, question.collection.vectors, field_name, [id_])
        return vector is not None

    async def _stored(self, question: Question, content: str | Picture) -> str | PictureBytes | Ingredient:
        if not isinstance(content, PictureOfItem):
            return content
        if content.box is None:
            field_name = question.opened.default_field("image")
            return Ingredient("image", await self.stored_vector(question, field_name, content.id))
        data = await self._access.run(question.deadline, question.collection.picture, content.id)
        if data is None:
            await self.item(question, content.id)
            raise PictureNotKeptError(f"the picture of item {content.id!r} is not kept: send its bytes with the box")
        return PictureBytes(data, content.box)


def truncation(text: str, manifest: Manifest) -> Notice:
    """What is said of a text longer than the model's context."""
    shown = text if len(text) <= 40 else f"{text[:40]}…"
    limit = manifest.text.context_length
    return Notice("text_truncated", f"the text {shown!r} is longer than the model reads: {limit} tokens of it count")
