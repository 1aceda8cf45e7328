"""From the bytes of a body to a wire model: content type, JSON, schema, each checked once.

Also says in OpenAPI what the route takes, since FastAPI does not read these bodies itself.
"""

from typing import Generic, TypeVar, cast

import orjson
from fastapi import Request
from pydantic import TypeAdapter, ValidationError
from pydantic.json_schema import JsonSchemaValue

from service.errors import ContentTypeError, JsonInvalidError
from service.gateway.exchange import exchange_of
from service.gateway.forms import read_form
from service.gateway.wire.faults import invalid
from service.gateway.wire.pictures import NO_FILES, Files

T = TypeVar("T")
COMPONENTS = "x-components"
"""Where an operation keeps the schemas it refers to, until the document is put together."""


class Reader(Generic[T]):
    """Reads bodies of one shape. `shape` is a model, or an annotated union of models."""

    def __init__(self, shape: object, *, takes_files: bool = False, is_optional: bool = False) -> None:
        self._adapter: TypeAdapter[T] = TypeAdapter(shape)  # type: ignore[arg-type]
        self._takes_files = takes_files
        self._is_optional = is_optional

    async def read(self, request: Request) -> T:
        """The body of a JSON request. Raises ContentTypeError, JsonInvalidError, RequestInvalidError."""
        return (await self.read_with_files(request))[0]

    async def read_with_files(self, request: Request) -> tuple[T, Files]:
        """The same, with the files of a multipart request."""
        body = exchange_of(request).body
        if self._takes_files and _media_type(request) == "multipart/form-data":
            body, files = await read_form(request)
            return self._parse(body), files
        if not body and self._is_optional:
            return self._adapter.validate_python({}), NO_FILES
        self._check_type(request)
        return self._parse(body), NO_FILES

    def documented(self) -> JsonSchemaValue:
        """`openapi_extra` of a route that takes this body."""
        schema = self._adapter.json_schema(ref_template="#/components/schemas/{model}")
        components = schema.pop("$defs", {})
        if "title" in schema:
            components[schema["title"]] = schema
            schema = {"$ref": f"#/components/schemas/{schema['title']}"}
        content: dict[str, object] = {"application/json": {"schema": schema}}
        if self._takes_files:
            content["multipart/form-data"] = {"schema": _form_schema(schema)}
        return {"requestBody": {"content": content, "required": not self._is_optional}, COMPONENTS: components}

    def _parse(self, body: bytes) -> T:
        try:
            return self._adapter.validate_python(parse_json(body))
        except ValidationError as exc:
            raise invalid(exc) from exc

    def _check_type(self, request: Request) -> None:
        if _media_type(request) == "application/json":
            return
        also = " or multipart/form-data" if self._takes_files else ""
        given = request.headers.get("content-type") or "no content type"
        raise ContentTypeError(f"send application/json{also} in UTF-8; the request has {given[:80]}")


def parse_json(body: bytes) -> object:
    """Any JSON value. Raises JsonInvalidError with the place."""
    try:
        return cast(object, orjson.loads(body))
    except orjson.JSONDecodeError as exc:
        raise JsonInvalidError(_what_is_wrong(body, exc)) from exc


def _what_is_wrong(body: bytes, error: orjson.JSONDecodeError) -> str:
    if not body:
        return "the body is empty: send a JSON object"
    try:
        body.decode()
    except UnicodeDecodeError as exc:
        return f"the body is not UTF-8 (byte {exc.start}): encode it as UTF-8, and pictures as base64"
    if body[error.pos : error.pos + 3] == b"NaN" or body[error.pos : error.pos + 9].lstrip(b"-").startswith(b"Inf"):
        return f"NaN and Infinity are not JSON (line {error.lineno}, column {error.colno}): send a finite number"
    return f"the body is not JSON: {error.msg} (line {error.lineno}, column {error.colno})"


def _media_type(request: Request) -> str:
    media_type, _, parameters = (exchange_of(request).header("content-type") or "").partition(";")
    charset = parameters.lower().partition("charset=")[2].strip(' "')
    return media_type.strip().lower() if charset in ("", "utf-8", "utf8") else f"{media_type}; charset={charset}"


def _form_schema(request_schema: JsonSchemaValue) -> JsonSchemaValue:
    return {
        "type": "object",
        "properties": {"request": request_schema},
        "required": ["request"],
        "additionalProperties": {"type": "string", "format": "binary"},
    }
