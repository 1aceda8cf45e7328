"""A picture plus a change, as a recipe: prompt directional vectors (pdv) and the weighted sum.

Owns where the text that describes the reference comes from: the request, the item, or the caption bank (the
texts of the collection's nearest items).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from index.ports import Collection
from index.types import SearchParameters
from models.compose import WEAK_DIRECTION, PdvParts
from service.errors import NotImplementedYetError, QueryInvalidError
from service.pipeline.access import Access
from service.pipeline.ingredients import Ingredient, Ingredients, Question
from service.pipeline.recipe import Part, Recipe
from service.types import ComposeQuery, Notice, PictureOfItem, Vector

CAPTION_CANDIDATES = 5
_NO_BASE = Notice(
    "reference_not_described",
    "no text describes the reference picture, so picture and change were added up instead: send `base_text`",
)
_WEAK = Notice(
    "weak_direction",
    "the change hardly alters the meaning of the text, so the result is mostly like the picture: word it differently",
)
_REORDERED = Notice(
    "base_text_shortened", "the text of the reference is long, so the change was put before it to be read in full"
)


class Composer:
    """Composed queries of every method."""

    def __init__(self, access: Access, ingredients: Ingredients) -> None:
        self._access = access
        self._ingredients = ingredients

    async def recipe(self, question: Question, query: ComposeQuery) -> Recipe:
        """Raises what `Ingredients` raises, and NotImplementedYetError for `isa`."""
        if query.method == "isa":
            raise NotImplementedYetError("the method isa comes with step 4 of the road: use pdv or sum")
        if not query.modification.strip() and not query.target_text:
            raise QueryInvalidError('a composed query needs a `modification`, for instance "in blue"')
        (image,) = await self._ingredients.vectors(question, [query.image])
        if query.method == "sum":
            return await self._sum(question, query, image)
        base = await self._base_text(question, query, image)
        if base is None:
            question.notices.append(_NO_BASE)
            return await self._sum(question, replace(query, alpha=None), image)
        return await self._pdv(question, query, image, base)

    async def _pdv(self, question: Question, query: ComposeQuery, image: Ingredient, base_text: str) -> Recipe:
        base, target = await self._base_and_target(question, query, base_text)
        manifest = question.manifest
        parts = PdvParts(image.centred(manifest), base.centred(manifest), target.centred(manifest))
        if parts.direction_length < WEAK_DIRECTION:
            question.notices.append(_WEAK)
        defaults = manifest.composition
        return Recipe(
            kind="composed",
            field=question.field("image"),
            mixture="pdv",
            parts=(Part("image", parts.image), Part("base", parts.base), Part("target", parts.target)),
            alpha=defaults.alpha if query.alpha is None else query.alpha,
            beta=defaults.beta if query.beta is None else query.beta,
            excluded=_reference(query),
        )

    async def _sum(self, question: Question, query: ComposeQuery, image: Ingredient) -> Recipe:
        (text,) = await self._ingredients.vectors(question, [query.target_text or query.modification])
        weight = question.manifest.composition.sum_weight if query.alpha is None else query.alpha
        manifest = question.manifest
        parts = (Part("image", image.centred(manifest)), Part("change", text.centred(manifest), weight))
        return Recipe("composed", question.field("image"), "sum", parts, excluded=_reference(query))

    async def _base_and_target(
        self, question: Question, query: ComposeQuery, base_text: str
    ) -> tuple[Ingredient, Ingredient]:
        """A change that the context would cut off is put first."""
        target_text = query.target_text or f"{base_text}, {query.modification}"
        base, target = await self._ingredients.vectors(question, [base_text, target_text])
        if target.is_truncated and not query.target_text:
            question.notices[:] = [notice for notice in question.notices if notice.code != "text_truncated"]
            question.notices.append(_REORDERED)
            swapped = replace(question, notices=[])
            (target,) = await self._ingredients.vectors(swapped, [f"{query.modification}, {base_text}"])
        return base, target

    async def _base_text(self, question: Question, query: ComposeQuery, image: Ingredient) -> str | None:
        if query.base_text:
            return query.base_text
        if isinstance(query.image, PictureOfItem):
            item = await self._ingredients.item(question, query.image.id)
            if item.text and item.text.strip():
                return item.text
        return await self._caption(question, image)

    async def _caption(self, question: Question, image: Ingredient) -> str | None:
        """Of the texts of the nearest items the one that fits the picture best; None where there is none."""
        texts = await self._access.run(
            question.deadline, texts_near, question.collection, image.vector, CAPTION_CANDIDATES
        )
        if not texts:
            return None
        quiet = replace(question, notices=[])
        captions = await self._ingredients.vectors(quiet, texts)
        picture = image.centred(question.manifest)
        fits = [float(caption.centred(question.manifest) @ picture) for caption in captions]
        return texts[int(np.argmax(fits))]


def texts_near(collection: Collection, vector: Vector, count: int) -> Sequence[str]:
    """Distinct texts of the items nearest to a picture's vector, nearest first. Blocks."""
    found = collection.search("image", vector, count, params=SearchParameters(kind="image"))
    items = collection.rows([candidate.row for candidate in found])
    return list(dict.fromkeys(item.text for item in items if item is not None and item.text and item.text.strip()))


def _reference(query: ComposeQuery) -> tuple[str, ...]:
    if query.exclude_reference and isinstance(query.image, PictureOfItem):
        return (query.image.id,)
    return ()
