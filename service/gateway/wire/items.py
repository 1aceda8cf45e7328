"""Bodies of the item routes. Each item of a batch is judged alone: a bad one becomes a failed outcome in its place."""

from typing import Annotated, TypeAlias

from pydantic import ConfigDict, Field, Tag, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from index.types import Attributes, AttributeValue, FieldName, Filter
from service.errors import RequestInvalidError, ServiceError, UrlNotFetchedError, problem_for
from service.gateway.wire.body import (
    MAX_ATTRIBUTES,
    AttributeKey,
    Body,
    ItemId,
    Keyword,
    Numbers,
    Text,
    at_most,
    by_type,
    exactly_one,
    tag,
)
from service.gateway.wire.faults import invalid
from service.gateway.wire.filters import FilterBody, PlaceBody, to_filter
from service.gateway.wire.pictures import decode_picture
from service.gateway.wire.queries import to_vector
from service.types import ItemInput, ItemOutcome, Vector

MAX_ITEMS = 1000

_Keywords: TypeAlias = Annotated[list[Keyword], Field(max_length=256, fail_fast=True)]
ValueBody: TypeAlias = Annotated[
    Annotated[Keyword, Tag(tag("string"))]
    | Annotated[bool, Tag(tag("boolean"))]
    | Annotated[int, Tag(tag("integer"))]
    | Annotated[float, Tag(tag("number"))]
    | Annotated[_Keywords, Tag(tag("list"))]
    | Annotated[PlaceBody, Tag(tag("object"))]
    | Annotated[None, Tag(tag("null"))],
    by_type(
        *("string", "boolean", "integer", "number", "list", "object", "null"),
        expected="a keyword, a number, true or false, a list of keywords, or a place",
    ),
]
AttributesBody: TypeAlias = Annotated[
    dict[AttributeKey, ValueBody],
    at_most(MAX_ATTRIBUTES),
    Field(
        max_length=MAX_ATTRIBUTES,
        description="Keywords, numbers, booleans, lists of keywords, or places (`lat`, `lon`) by name.",
        examples=[{"brand": "acme", "price": 39.9, "tags": ["summer"]}],
    ),
]


class ItemBase64(Body):
    """The picture's bytes in the request."""

    base64: Annotated[str, Field(description="Base64 of a picture file, plain or as a data URI.")]

    def data(self) -> bytes:
        return decode_picture(self.base64)


class ItemUrl(Body):
    """A picture on the web. Refused in this version: nothing is fetched."""

    url: Annotated[str, Field(max_length=2048)]

    def data(self) -> bytes:
        raise UrlNotFetchedError


ItemPictureBody: TypeAlias = Annotated[
    Annotated[ItemBase64, Tag(tag("base64"))] | Annotated[ItemUrl, Tag(tag("url"))], *exactly_one("base64", "url")
]


class VectorsBody(Body):
    """Vectors that the client made itself, in the collection's space."""

    image: Numbers | None = None
    product: Numbers | None = None

    def by_field(self) -> dict[FieldName, Vector]:
        given: dict[FieldName, list[float] | None] = {"image": self.image, "product": self.product}
        return {field: to_vector(numbers) for field, numbers in given.items() if numbers is not None}


class ItemBody(Body):
    """One item: a picture, a text, or both; or ready vectors."""

    id: ItemId
    image: ItemPictureBody | None = None
    text: Annotated[Text | None, Field(examples=["red canvas shoe"])] = None
    attributes: AttributesBody = Field(default_factory=dict)
    vectors: VectorsBody = VectorsBody()
    image_ref: Annotated[
        str | None, Field(max_length=2048, description="Where the picture is, for collections that keep none.")
    ] = None

    def entry(self) -> ItemInput | ItemOutcome:
        """The item, or what is wrong with it."""
        try:
            return self._item()
        except ServiceError as exc:
            return ItemOutcome(self.id, "failed", problem_for(exc))

    def _item(self) -> ItemInput:
        return ItemInput(
            id=self.id,
            text=self.text,
            image=self.image.data() if self.image is not None else None,
            attributes={key: value for key, value in to_attributes(self.attributes).items() if value is not None},
            vectors=self.vectors.by_field(),
            image_ref=self.image_ref,
        )


class RefusedItem(ItemBody):
    """An item that does not fit the schema, in its place among the others. Never comes from a client."""

    refusal: RequestInvalidError

    model_config = ConfigDict(arbitrary_types_allowed=True)

    def entry(self) -> ItemInput | ItemOutcome:
        return ItemOutcome(self.id, "failed", problem_for(self.refusal))


def _alone(value: object, validate: ValidatorFunctionWrapHandler) -> ItemBody:
    try:
        item: ItemBody = validate(value)
    except ValidationError as exc:
        id_ = value.get("id") if isinstance(value, dict) else None
        return RefusedItem.model_construct(id=id_ if isinstance(id_, str) else "", refusal=invalid(exc))
    return item


class ItemsBody(Body):
    """A batch of items to create or replace. A bad item fails alone."""

    items: Annotated[list[Annotated[ItemBody, WrapValidator(_alone)]], Field(min_length=1, max_length=MAX_ITEMS)]

    def entries(self) -> list[ItemInput | ItemOutcome]:
        return [item.entry() for item in self.items]


class PatchBody(Body):
    """Attributes to set; null removes one. Nothing is encoded again."""

    attributes: Annotated[AttributesBody, Field(min_length=1)]


class DeleteIds(Body):
    """The items with these ids; unknown ids are ignored."""

    ids: Annotated[list[ItemId], Field(min_length=1, max_length=MAX_ITEMS, fail_fast=True)]

    def target(self) -> list[str] | Filter:
        return self.ids


class DeleteMatching(Body):
    """All items that the filter selects."""

    filter: FilterBody

    def target(self) -> list[str] | Filter:
        selected = to_filter(self.filter)
        if selected is None or selected == Filter():
            raise RequestInvalidError("the filter selects every item: name at least one condition")
        return selected


DeleteBody: TypeAlias = Annotated[
    Annotated[DeleteIds, Tag(tag("ids"))] | Annotated[DeleteMatching, Tag(tag("filter"))],
    *exactly_one("ids", "filter"),
]


def to_attributes(body: dict[str, ValueBody]) -> Attributes:
    return {key: _value(value) for key, value in body.items()}


def _value(value: ValueBody) -> AttributeValue:
    if isinstance(value, PlaceBody):
        return value.place()
    return tuple(value) if isinstance(value, list) else value
