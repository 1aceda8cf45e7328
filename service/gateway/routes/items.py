"""Items: batches in, single ones out, attributes changed, items deleted."""

from fastapi import APIRouter, Request, Response

from index.errors import ItemNotFoundError
from service.gateway.answers.items import (
    DeletedAnswer,
    ItemAnswer,
    SequenceAnswer,
    UpsertAnswer,
    item_answer,
    upsert_answer,
)
from service.gateway.deadlines import ReadRoute, Within, WriteRoute
from service.gateway.documents import problems
from service.gateway.parts import App, Id, Name
from service.gateway.reading import Reader
from service.gateway.respond import Json
from service.gateway.wire.items import DeleteBody, DeleteIds, DeleteMatching, ItemsBody, PatchBody, to_attributes

_PREFIX = "/v1/collections/{name}/items"
writes = APIRouter(prefix=_PREFIX, tags=["items"], route_class=WriteRoute)
reads = APIRouter(prefix=_PREFIX, tags=["items"], route_class=ReadRoute)

_ITEMS = Reader[ItemsBody](ItemsBody)
_PATCH = Reader[PatchBody](PatchBody)
_DELETE = Reader[DeleteIds | DeleteMatching](DeleteBody)
_WRITE_PROBLEMS = problems(400, 404, 409, 413, 415, 422, 503, 504, 507)


@writes.post("", response_model=UpsertAnswer, responses=_WRITE_PROBLEMS, openapi_extra=_ITEMS.documented())
async def upsert(name: Name, request: Request, app: App, deadline: Within) -> Response:
    """Create or replace 1 to 1,000 items. A bad item fails alone: look at each `status`."""
    body = await _ITEMS.read(request)
    return Json(upsert_answer(await app.items.upsert(name, body.entries(), deadline)))


@writes.post("/delete", response_model=DeletedAnswer, responses=_WRITE_PROBLEMS, openapi_extra=_DELETE.documented())
async def delete_many(name: Name, request: Request, app: App, deadline: Within) -> Response:
    """Delete items by their ids, or all that a filter selects."""
    target = (await _DELETE.read(request)).target()
    if isinstance(target, list):
        deleted, sequence = await app.items.delete(name, target, deadline)
    else:
        deleted, sequence = await app.items.delete_matching(name, target, deadline)
    return Json(DeletedAnswer(deleted=deleted, sequence=sequence))


@reads.get("/{id:path}", response_model=ItemAnswer, responses=problems(400, 404, 413, 422, 503, 504))
async def read(name: Name, id: Id, app: App) -> Response:
    """One item."""
    return Json(item_answer(name, await app.items.get(name, id)))


@writes.patch("/{id:path}", response_model=SequenceAnswer, responses=_WRITE_PROBLEMS, openapi_extra=_PATCH.documented())
async def patch(name: Name, id: Id, request: Request, app: App, deadline: Within) -> Response:
    """Change attributes without encoding anything again; null removes one."""
    body = await _PATCH.read(request)
    sequence = await app.items.patch(name, id, to_attributes(body.attributes), deadline)
    return Json(SequenceAnswer(id=id, sequence=sequence))


@writes.delete("/{id:path}", response_model=DeletedAnswer, responses=problems(400, 404, 409, 413, 422, 503, 504, 507))
async def delete(name: Name, id: Id, app: App, deadline: Within) -> Response:
    """Delete one item."""
    deleted, sequence = await app.items.delete(name, [id], deadline)
    if not deleted:
        raise ItemNotFoundError(f"collection {name!r} has no item {id!r}: check the id")
    return Json(DeletedAnswer(deleted=deleted, sequence=sequence))
