"""Collections: make, list, describe, drop."""

from fastapi import APIRouter, Request, Response

from index.types import CollectionInfo
from service.bootstrap import Application
from service.gateway.answers.collections import (
    CollectionAnswer,
    CollectionName,
    CollectionsAnswer,
    DroppedAnswer,
    FacetsAnswer,
    collection_answer,
    facets_answer,
)
from service.gateway.deadlines import ReadRoute, Within, WriteRoute
from service.gateway.documents import problems
from service.gateway.parts import App, Name
from service.gateway.reading import Reader
from service.gateway.respond import Json
from service.gateway.wire.collections import CollectionBody, FacetsBody
from service.gateway.wire.filters import to_filter

reads = APIRouter(prefix="/v1/collections", tags=["collections"], route_class=ReadRoute)
writes = APIRouter(prefix="/v1/collections", tags=["collections"], route_class=WriteRoute)

_FACETS = Reader[FacetsBody](FacetsBody, is_optional=True)
_CREATE = Reader[CollectionBody](CollectionBody, is_optional=True)


@reads.get("", response_model=CollectionsAnswer, responses=problems(400, 413, 422, 503, 504))
async def names(app: App) -> Response:
    """All collections, by name."""
    return Json(CollectionsAnswer(collections=[CollectionName(name=name) for name in await app.collections.names()]))


@reads.get("/{name}", response_model=CollectionAnswer, responses=problems(400, 404, 413, 422, 503, 504))
async def read(name: Name, app: App) -> Response:
    """Counts, space, recall, index, memory, and the attributes with their most frequent values."""
    return await _described(app, await app.collections.describe(name))


@reads.post(
    "/{name}/facets",
    response_model=FacetsAnswer,
    responses=problems(400, 404, 409, 413, 415, 422, 503, 504),
    openapi_extra=_FACETS.documented(),
)
async def facets(name: Name, request: Request, app: App) -> Response:
    """Count the items that a filter selects, and the values of their attributes: what a search could be narrowed to."""
    body = await _FACETS.read(request)
    found = await app.collections.count_facets(name, to_filter(body.filter), body.keys, body.limit)
    return Json(facets_answer(found))


@writes.put(
    "/{name}",
    response_model=CollectionAnswer,
    responses=problems(400, 404, 409, 413, 415, 422, 503, 504, 507),
    openapi_extra=_CREATE.documented(),
)
async def create(name: Name, request: Request, app: App, deadline: Within) -> Response:
    """Create a collection; again with the same settings it changes nothing, with others it is refused (409)."""
    body = await _CREATE.read(request)
    return await _described(app, await app.collections.create(name, body.options(), deadline))


@writes.delete("/{name}", response_model=DroppedAnswer, responses=problems(400, 404, 409, 413, 422, 503, 504))
async def drop(name: Name, app: App, deadline: Within) -> Response:
    """Drop a collection and everything in it."""
    await app.collections.drop(name, deadline)
    return Json(DroppedAnswer(name=name, dropped=True))


async def _described(app: Application, info: CollectionInfo) -> Response:
    name = info.spec.name
    return Json(collection_answer(info, await app.collections.facets(name), app.collections.live_recall(name)))
