"""From a query to a recipe: one function for each kind of query. Owns what each kind means.

Which field a kind searches, what is centred, what is excluded, and what is said where the query is weak.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from index.errors import SpaceMismatchError, VectorError
from index.texts import words_of
from index.types import FieldName
from models.compose import unit
from models.manifest import QueryKind
from service.errors import LimitExceededError, QueryInvalidError
from service.metrics import StageClock
from service.pipeline.access import OpenCollection
from service.pipeline.composition import Composer
from service.pipeline.ingredients import Ingredient, Ingredients, Question
from service.pipeline.recipe import Mixture, Part, Recipe
from service.types import (
    ComposeQuery,
    Deadline,
    ImageQuery,
    Limits,
    Notice,
    PictureOfItem,
    ProductQuery,
    Query,
    SearchRequest,
    TermsQuery,
    TextQuery,
    VectorQuery,
)


class Interpreter:
    """Turns every kind of query of `service.types` into a recipe."""

    def __init__(self, ingredients: Ingredients, composer: Composer, limits: Limits) -> None:
        self._ingredients = ingredients
        self._composer = composer
        self._limits = limits

    async def recipe(
        self, opened: OpenCollection, request: SearchRequest, deadline: Deadline, clock: StageClock
    ) -> tuple[Recipe, Sequence[Notice]]:
        """The recipe, and what the user should know of it."""
        question = Question(opened, request.options.field, deadline, clock)
        words = await self._words(question, request.query) if request.options.hybrid > 0 else None
        match request.query:
            case TextQuery():
                recipe = await self._text(question, request.query)
            case ImageQuery():
                recipe = await self._image(question, request.query)
            case VectorQuery():
                recipe = vector_recipe(question, request.query)
            case TermsQuery():
                recipe = await self._terms(question, request.query)
            case ComposeQuery():
                recipe = await self._composer.recipe(question, request.query)
            case ProductQuery():
                recipe = await self._product(question, request.query)
        return replace(recipe, words=words), question.notices

    async def _words(self, question: Question, query: Query) -> str:
        """What the texts of a hybrid search are ranked by. Raises QueryInvalidError where the query has no word."""
        text = words_in(query)
        if isinstance(query, ProductQuery) and query.item is not None:
            text = (await self._ingredients.item(question, query.item)).text
        if not text or not words_of(text):
            raise QueryInvalidError(
                "hybrid ranks by the words of the query, and this one has none: leave `hybrid` at 0, or send a text"
            )
        return text

    async def _text(self, question: Question, query: TextQuery) -> Recipe:
        (text,) = await self._ingredients.vectors(question, [query.text])
        field = question.field("image")
        return Recipe("text", field, "single", (Part("text", text.in_field(field, question.space)),))

    async def _image(self, question: Question, query: ImageQuery) -> Recipe:
        (image,) = await self._ingredients.vectors(question, [query.image])
        field = question.field("image")
        part = Part("image", image.in_field(field, question.space))
        return Recipe("image", field, "single", (part,), excluded=referred_items(query.image))

    async def _terms(self, question: Question, query: TermsQuery) -> Recipe:
        self._check_terms(query)
        contents = [term.content for term in query.terms]
        found = await self._ingredients.vectors(question, contents)
        parts = tuple(
            Part(f"term {n}", ingredient.centred(question.space), term.weight)
            for n, (term, ingredient) in enumerate(zip(query.terms, found, strict=True))
        )
        kind = kind_of(found)
        return Recipe(kind, question.field("image"), "sum", parts, excluded=referred_items(*contents))

    def _check_terms(self, query: TermsQuery) -> None:
        if not 1 <= len(query.terms) <= self._limits.max_terms:
            raise LimitExceededError(f"a query has 1 to {self._limits.max_terms} terms; it has {len(query.terms)}")
        if not all(math.isfinite(term.weight) for term in query.terms):
            raise QueryInvalidError("every weight must be a finite number")

    async def _product(self, question: Question, query: ProductQuery) -> Recipe:
        field = question.field("product")
        if query.item is not None:
            return await self._product_of_item(question, query, query.item, field)
        contents = [content for content in (query.image, query.text) if content is not None]
        if not contents:
            raise QueryInvalidError("a product needs a picture, a text, or both: send `image`, `text` or `item`")
        found = await self._ingredients.vectors(question, contents)
        weight = question.space.product_image_weight if query.image_weight is None else query.image_weight
        parts = tuple(
            Part(one.modality, one.centred(question.space), weight if one.modality == "image" else 1.0 - weight)
            for one in found
        )
        mixture: Mixture = "sum" if len(parts) > 1 else "single"
        return Recipe("product", field, mixture, parts, excluded=referred_items(*contents))

    async def _product_of_item(self, question: Question, query: ProductQuery, id_: str, field: FieldName) -> Recipe:
        if query.image is not None or query.text is not None:
            raise QueryInvalidError("a product is an `item`, or a picture and a text: send one of the two")
        if query.image_weight is None:
            stored = await self._ingredients.stored_vector(question, question.opened.default_field("product"), id_)
            return Recipe("product", field, "single", (Part("product", stored),), excluded=(id_,))
        item = await self._ingredients.item(question, id_)
        image = PictureOfItem(id_) if await self._ingredients.has_vector(question, "image", id_) else None
        again = ProductQuery(image, item.text or None, image_weight=query.image_weight)
        recipe = await self._product(question, again)
        return Recipe("product", field, recipe.mixture, recipe.parts, excluded=(id_,))


def vector_recipe(question: Question, query: VectorQuery) -> Recipe:
    """A vector of the caller, as it is. Raises SpaceMismatchError, VectorError."""
    vector = np.asarray(query.vector, dtype=np.float32)
    dimension = question.collection.spec.dimension
    if vector.shape != (dimension,):
        raise SpaceMismatchError(f"the vector has {vector.size} values; those of this collection have {dimension}")
    if not np.isfinite(vector).all() or not vector.any():
        raise VectorError("the vector must hold finite numbers, and not only zeros")
    scaled = vector / np.abs(vector).max()
    return Recipe("vector", question.field("image"), "single", (Part("vector", unit(scaled)),))


def words_in(query: Query) -> str | None:
    """The words that say what is wanted; of a change what it leads to, of weighted terms those that attract."""
    match query:
        case TextQuery() | ProductQuery():
            return query.text
        case ComposeQuery():
            return query.target_text or query.modification
        case TermsQuery():
            return " ".join(one.content for one in query.terms if isinstance(one.content, str) and one.weight > 0)
        case ImageQuery() | VectorQuery():
            return None


def kind_of(ingredients: Sequence[Ingredient]) -> QueryKind:
    """Which calibration fits a sum: that of the one modality all its parts have, else that of composed queries."""
    modalities = {ingredient.modality for ingredient in ingredients}
    return modalities.pop() if len(modalities) == 1 else "composed"


def referred_items(*contents: object) -> tuple[str, ...]:
    """Ids of the items whose pictures the query uses; they are no answer to it."""
    return tuple(content.id for content in contents if isinstance(content, PictureOfItem))
