"""Pictures as they come in requests. Owns base64 and data URIs; decodes no picture and fetches nothing."""

import binascii
from collections.abc import Mapping
from typing import Annotated, TypeAlias

import pybase64
from pydantic import Field, Tag

from models.pictures import Box
from service.errors import Base64InvalidError, RequestInvalidError, UrlNotFetchedError
from service.gateway.wire.body import Body, ItemId, exactly_one, tag
from service.types import Picture, PictureBytes, PictureOfItem

Files: TypeAlias = Mapping[str, bytes]
"""The files of a multipart request by the name of their field; empty for a JSON request."""

NO_FILES: Files = {}

_Unit: TypeAlias = Annotated[float, Field(ge=0, le=1)]
BoxBody: TypeAlias = Annotated[
    list[_Unit],
    Field(
        min_length=4,
        max_length=4,
        description="Only this region of the upright picture: [x, y, width, height], each from 0 to 1.",
        examples=[[0.1, 0.2, 0.5, 0.5]],
    ),
]


class _PictureBody(Body):
    box: BoxBody | None = None

    @property
    def region(self) -> Box | None:
        return Box(*self.box) if self.box is not None else None


class Base64Picture(_PictureBody):
    """The picture's bytes in the request."""

    base64: Annotated[
        str,
        Field(
            description="Base64 of a JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF file, plain or as a data URI.",
            examples=["data:image/webp;base64,UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAUAmJaQAA3AA/v02aAA="],
        ),
    ]

    def picture(self, files: Files) -> Picture:
        return PictureBytes(decode_picture(self.base64), self.region)


class UrlPicture(_PictureBody):
    """A picture on the web. Refused in this version: nothing is fetched."""

    url: Annotated[str, Field(max_length=2048, examples=["https://example.com/shoe.jpg"])]

    def picture(self, files: Files) -> Picture:
        raise UrlNotFetchedError


class ItemPicture(_PictureBody):
    """The picture of an item of this collection."""

    item: ItemId

    def picture(self, files: Files) -> Picture:
        return PictureOfItem(self.item, self.region)


class FilePicture(_PictureBody):
    """A file of the same multipart request."""

    file: Annotated[str, Field(description="The name of the form field that holds the file.", examples=["photo"])]

    def picture(self, files: Files) -> Picture:
        if self.file not in files:
            raise RequestInvalidError(_no_such_file(self.file, files))
        return PictureBytes(files[self.file], self.region)


PictureBody: TypeAlias = Annotated[
    Annotated[Base64Picture, Tag(tag("base64"))]
    | Annotated[UrlPicture, Tag(tag("url"))]
    | Annotated[ItemPicture, Tag(tag("item"))]
    | Annotated[FilePicture, Tag(tag("file"))],
    *exactly_one("base64", "url", "item", "file"),
]
"""A picture of a search: bytes, an item's, or a file of the form."""


def decode_picture(text: str) -> bytes:
    """Base64, plain or as a data URI, to bytes.

    Raises: UrlNotFetchedError for a web address, Base64InvalidError for anything else that is not base64.
    """
    if text[:8].lower().startswith(("http://", "https://")):
        raise UrlNotFetchedError
    if text.startswith("data:"):
        head, comma, text = text.partition(",")
        if not comma or not head.endswith(";base64"):
            raise Base64InvalidError("a data URI must look like data:image/png;base64,iVBORw0…")
    return _decode("".join(text.split()) if any(space in text for space in "\r\n ") else text)


def _decode(text: str) -> bytes:
    """pybase64 takes a fiftieth of the standard library's time, but cannot say what is wrong."""
    try:
        return pybase64.b64decode(text, validate=True)
    except ValueError:
        return _decode_or_say_why(text)


def _decode_or_say_why(text: str) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError as exc:
        reason = str(exc) if isinstance(exc, binascii.Error) else "it holds characters outside of ASCII"
        raise Base64InvalidError(
            f"the picture is not valid base64 ({reason[0].lower()}{reason[1:]}): "
            "send standard base64 with its padding, plain or as a data URI"
        ) from exc


def _no_such_file(name: str, files: Files) -> str:
    if not files:
        return f"the picture names the file {name!r}, but the request has no files: send it as multipart/form-data"
    return f"the picture names the file {name!r}; the files of the request are {', '.join(sorted(files))}"
