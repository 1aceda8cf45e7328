"""The OpenAPI document: what FastAPI derives, and the request bodies and problems that it cannot see."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from service.errors import TABLE
from service.gateway.answers.problems import MEDIA_TYPE, ProblemAnswer
from service.gateway.reading import COMPONENTS

OpenApi = dict[str, Any]
"""A JSON document of a foreign schema; the one place where it is put together."""

DESCRIPTION = """\
Search catalogues of pictures and products: by words, by picture, by picture plus a change, or by product.

Every failure is a problem (RFC 9457) with a stable `code` and a `detail` that says what to do. Fields that a request
does not know are errors. `X-Deadline-Ms` says how long the client will wait; `X-Request-Id` comes back in every answer.
"""
TAGS = [
    {"name": "search", "description": "Ask a collection."},
    {"name": "items", "description": "Put things in, read them, take them out."},
    {"name": "collections", "description": "Make, describe, drop."},
    {"name": "models", "description": "Vectors, labels and order without a collection."},
    {"name": "operation", "description": "Is it alive, is it able to serve, what does it measure?"},
    {"name": "later", "description": "Part of the interface that a later version brings; answers 501."},
]


def problems(*statuses: int) -> dict[int | str, OpenApi]:
    """`responses` of a route: the problems it may answer with."""
    schema = {"$ref": "#/components/schemas/ProblemAnswer"}
    return {
        status: {"description": _description(status), "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in sorted(statuses)
    }


def describe(app: FastAPI) -> OpenApi:
    """The whole document; made once, on the first call."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, tags=TAGS, routes=app.routes
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas.update(_problem_schemas())
        for operation in _operations(document):
            schemas.update(operation.pop(COMPONENTS, {}))
        app.openapi_schema = document
    return app.openapi_schema


def _description(status: int) -> str:
    codes = sorted({entry.code for entry in TABLE.values() if entry.status == status})
    return f"{HTTPStatus(status).phrase}: {', '.join(f'`{code}`' for code in codes)}"


def _problem_schemas() -> OpenApi:
    schema = TypeAdapter(ProblemAnswer).json_schema(ref_template="#/components/schemas/{model}")
    components: OpenApi = schema.pop("$defs", {})
    return {**components, "ProblemAnswer": schema}


def _operations(document: OpenApi) -> Iterable[OpenApi]:
    for path in document["paths"].values():
        yield from path.values()
