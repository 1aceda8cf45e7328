"""The query union of a search: exactly one of text, image, vector, terms, compose, product."""

from typing import Annotated, TypeAlias

import numpy as np
from pydantic import Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from service.gateway.wire.body import Body, ItemId, Numbers, Text, exactly_one, tag
from service.gateway.wire.pictures import Files, PictureBody
from service.types import (
    ComposeMethod,
    ComposeQuery,
    ImageQuery,
    ProductQuery,
    Query,
    Term,
    TermsQuery,
    TextQuery,
    Vector,
    VectorQuery,
)

_Weight: TypeAlias = Annotated[
    float, Field(ge=-10, le=10, description="How much it counts; a negative weight repels.", examples=[1.0, -0.6])
]


class TextQueryBody(Body):
    """Words."""

    text: Annotated[Text, Field(examples=["red canvas shoe"])]

    def query(self, files: Files) -> Query:
        return TextQuery(self.text)


class ImageQueryBody(Body):
    """A picture, or a region of it."""

    image: PictureBody

    def query(self, files: Files) -> Query:
        return ImageQuery(self.image.picture(files))


class VectorQueryBody(Body):
    """A vector of the collection's space; it need not be of unit length."""

    vector: Numbers

    def query(self, files: Files) -> Query:
        return VectorQuery(to_vector(self.vector))


class TextTerm(Body):
    """A text with a weight."""

    text: Text
    weight: _Weight = 1.0

    def term(self, files: Files) -> Term:
        return Term(self.text, self.weight)


class ImageTerm(Body):
    """A picture with a weight."""

    image: PictureBody
    weight: _Weight = 1.0

    def term(self, files: Files) -> Term:
        return Term(self.image.picture(files), self.weight)


TermBody: TypeAlias = Annotated[
    Annotated[TextTerm, Tag(tag("text"))] | Annotated[ImageTerm, Tag(tag("image"))], *exactly_one("text", "image")
]


class TermsQueryBody(Body):
    """Texts and pictures, each with a weight."""

    terms: Annotated[list[TermBody], Field(min_length=1, max_length=32)]

    def query(self, files: Files) -> Query:
        return TermsQuery(tuple(term.term(files) for term in self.terms))


class Composition(Body):
    """A picture plus a change: "this one, but in blue"."""

    image: PictureBody
    modification: Annotated[Text, Field(description="What shall be different.", examples=["in blue"])]
    base_text: Annotated[
        Text | None, Field(description="What the picture shows; left out, the item's own text or the nearest caption.")
    ] = None
    target_text: Annotated[
        Text | None, Field(description="What is wanted, in full; left out, the base text with the change.")
    ] = None
    method: Annotated[
        ComposeMethod, Field(description="`pdv` moves along the change, `sum` adds it; `isa` comes with step 4.")
    ] = "pdv"
    alpha: Annotated[float | None, Field(ge=-10, le=10, description="How far to move along the change.")] = None
    beta: Annotated[float | None, Field(ge=0, le=1, description="0 trusts the picture, 1 the text.")] = None
    exclude_reference: Annotated[bool, Field(description="Leave the item itself out of the hits.")] = True


class ComposeQueryBody(Body):
    """A picture plus a change in words."""

    compose: Composition

    def query(self, files: Files) -> Query:
        body = self.compose
        return ComposeQuery(
            image=body.image.picture(files),
            modification=body.modification,
            base_text=body.base_text,
            target_text=body.target_text,
            method=body.method,
            alpha=body.alpha,
            beta=body.beta,
            exclude_reference=body.exclude_reference,
        )


class ProductBody(Body):
    """A product by its picture, its text, or both; or a stored item, which stands for both of its own."""

    image: PictureBody | None = None
    text: Text | None = None
    item: ItemId | None = None
    image_weight: Annotated[
        float | None, Field(ge=0, le=1, description="Share of the picture where there are both.")
    ] = None

    @model_validator(mode="after")
    def _describes_something(self) -> "ProductBody":
        described = self.image is not None or self.text is not None
        if described == (self.item is not None):
            raise PydanticCustomError("exactly_one", "give either an item, or an image, a text, or both of these")
        return self

    def product(self, files: Files) -> ProductQuery:
        image = self.image.picture(files) if self.image is not None else None
        return ProductQuery(image, self.text, self.item, self.image_weight)


class ProductQueryBody(Body):
    """A product."""

    product: ProductBody

    def query(self, files: Files) -> Query:
        return self.product.product(files)


QueryBody: TypeAlias = Annotated[
    Annotated[TextQueryBody, Tag(tag("text"))]
    | Annotated[ImageQueryBody, Tag(tag("image"))]
    | Annotated[VectorQueryBody, Tag(tag("vector"))]
    | Annotated[TermsQueryBody, Tag(tag("terms"))]
    | Annotated[ComposeQueryBody, Tag(tag("compose"))]
    | Annotated[ProductQueryBody, Tag(tag("product"))],
    *exactly_one("text", "image", "vector", "terms", "compose", "product"),
]


def to_vector(numbers: list[float]) -> Vector:
    """float32 [d]; a number too large for float32 becomes infinite, and is refused where vectors are checked."""
    with np.errstate(over="ignore"):
        return np.asarray(numbers, dtype=np.float32)
