"""Inputs of the routes without a collection, in the shapes of OpenAI, infinity and Cohere."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag

from service.gateway.wire.body import Body, Text, string_or_object, string_or_one, tag
from service.gateway.wire.pictures import decode_picture
from service.types import PictureBytes

MAX_INPUTS = 1000

Input: TypeAlias = str | PictureBytes
Modality: TypeAlias = Annotated[
    Literal["text", "image"] | None,
    Field(
        description="What plain strings are: texts, or pictures as base64 or data URIs (infinity's field). Left out, "
        "data URIs of pictures are pictures and all else is text."
    ),
]
_PICTURE_URI = "data:image/"


class TextInput(Body):
    """A text."""

    text: Text

    def content(self) -> Input:
        return self.text


class ImageInput(Body):
    """A picture as base64 or data URI."""

    image: str

    def content(self) -> Input:
        return PictureBytes(decode_picture(self.image))


class ImageUrl(Body):
    """OpenAI's object around a URL."""

    url: Annotated[str, Field(description="A data URI; web addresses are refused.")]
    detail: Annotated[str | None, Field(max_length=16, description="Accepted for OpenAI's clients, and ignored.")] = (
        None
    )


class ImageUrlInput(Body):
    """A picture as a data URI in OpenAI's or Jina's shape."""

    image_url: Annotated[
        Annotated[str, Tag(tag("string"))] | Annotated[ImageUrl, Tag(tag("object"))], Discriminator(string_or_object)
    ]

    def content(self) -> Input:
        url = self.image_url if isinstance(self.image_url, str) else self.image_url.url
        return PictureBytes(decode_picture(url))


InputBody: TypeAlias = Annotated[
    Annotated[Text, Tag(tag("string"))]
    | Annotated[TextInput, Tag(tag("text"))]
    | Annotated[ImageInput, Tag(tag("image"))]
    | Annotated[ImageUrlInput, Tag(tag("image_url"))],
    *string_or_one("text", "image", "image_url"),
]


def _list_or_one(value: object) -> str:
    return tag("list") if isinstance(value, list) else tag("one")


InputsBody: TypeAlias = Annotated[
    Annotated[list[InputBody], Field(min_length=1, max_length=MAX_INPUTS, fail_fast=True), Tag(tag("list"))]
    | Annotated[InputBody, Tag(tag("one"))],
    Discriminator(_list_or_one),
    Field(
        description="One input or a list of them, texts and pictures mixed.",
        examples=["red canvas shoe", ["red canvas shoe", {"image": "data:image/png;base64,iVBORw0KGgo="}]],
    ),
]

_Item: TypeAlias = str | TextInput | ImageInput | ImageUrlInput


def to_input(body: _Item, modality: Modality = None) -> Input:
    if not isinstance(body, str):
        return body.content()
    is_picture = body.startswith(_PICTURE_URI) if modality is None else modality == "image"
    return PictureBytes(decode_picture(body)) if is_picture else body


def to_inputs(body: _Item | list[_Item], modality: Modality) -> list[Input]:
    return [to_input(item, modality) for item in (body if isinstance(body, list) else [body])]
