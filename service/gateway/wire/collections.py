"""Bodies of the collection routes."""

from typing import Annotated

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from index.index_info import CodecChoice
from index.types import AttributeType, FieldName, PicturePolicy
from service.gateway.wire.body import MAX_ATTRIBUTES, MAX_DIMENSION, AttributeKey, Body, at_most
from service.gateway.wire.filters import FilterBody
from service.types import CollectionOptions, OwnSpace


class SpaceBody(Body):
    """A vector space of your own: every item brings its vectors."""

    id: Annotated[
        str,
        Field(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["my-space"]),
    ]
    dimension: Annotated[int, Field(ge=1, le=MAX_DIMENSION, examples=[512])]
    fields: Annotated[
        list[FieldName],
        Field(min_length=1, max_length=2, description="Which vectors items may bring; queries search the first."),
    ] = Field(default=["image"])

    def own_space(self) -> OwnSpace:
        return OwnSpace(self.id, self.dimension, tuple(dict.fromkeys(self.fields)))


class IndexBody(Body):
    """How the vectors are kept once there are many."""

    codec: Annotated[
        CodecChoice,
        Field(
            description="`auto` chooses by size; `exact` never seals; the others say how sealed vectors are coded. "
            "All are rescored exactly."
        ),
    ] = "auto"


class FacetsBody(Body):
    """Which items are counted, and by which attributes; `{}` counts everything."""

    filter: Annotated[FilterBody | None, Field(description="As in a search.")] = None
    keys: Annotated[
        list[AttributeKey] | None,
        Field(min_length=1, max_length=MAX_ATTRIBUTES, description="Attributes, in this order; left out, all by name."),
    ] = None
    limit: Annotated[int, Field(ge=1, le=1000, description="How many values of an attribute at most.")] = 50


class CollectionBody(Body):
    """Every field has a default; `{}` is enough."""

    model: Annotated[
        str | None, Field(max_length=128, description="Name of a loaded model; left out, the default one.")
    ] = None
    recall: Annotated[float, Field(gt=0, le=1, description="Share of the true neighbours a search must find.")] = 0.95
    attributes: Annotated[
        dict[AttributeKey, AttributeType],
        at_most(MAX_ATTRIBUTES),
        Field(
            max_length=MAX_ATTRIBUTES,
            description="Types of attributes; one that is not named takes the type of its first value.",
            examples=[{"brand": "keyword", "price": "number"}],
        ),
    ] = Field(default_factory=dict)
    pictures: Annotated[
        PicturePolicy, Field(description="Keep the original, a working copy of at most 512 pixels, or none.")
    ] = "original"

    index: IndexBody = IndexBody()

    space: Annotated[
        SpaceBody | None, Field(description="Instead of `model`: the vectors come already made, by another encoder.")
    ] = None

    @model_validator(mode="after")
    def _has_one_maker(self) -> "CollectionBody":
        if self.model is not None and self.space is not None:
            raise PydanticCustomError("model_or_space", "give `model` or `space`, not both")
        return self

    def options(self) -> CollectionOptions:
        space = None if self.space is None else self.space.own_space()
        return CollectionOptions(self.model, self.recall, self.attributes, self.pictures, self.index.codec, space)
