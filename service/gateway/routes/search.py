"""Search, refine, same-style."""

from fastapi import APIRouter, Request, Response

from service.gateway.answers.hits import SearchAnswer, search_answer
from service.gateway.deadlines import SearchRoute, Within
from service.gateway.documents import problems
from service.gateway.parts import App, Name
from service.gateway.reading import Reader
from service.gateway.respond import Json
from service.gateway.wire.searches import RefineBody, SameStyleBody, SameStylePairs, SameStyleQuery, SearchBody
from service.types import SearchResult

router = APIRouter(prefix="/v1/collections/{name}", tags=["search"], route_class=SearchRoute)

_SEARCH = Reader[SearchBody](SearchBody, takes_files=True)
_REFINE = Reader[RefineBody](RefineBody)
_SAME_STYLE = Reader[SameStyleQuery | SameStylePairs](SameStyleBody, takes_files=True)
_PROBLEMS = problems(400, 404, 409, 413, 415, 422, 501, 503, 504)


@router.post("/search", response_model=SearchAnswer, responses=_PROBLEMS, openapi_extra=_SEARCH.documented())
async def search(name: Name, request: Request, app: App, deadline: Within) -> Response:
    """Search by exactly one of text, image, vector, terms, compose, product.

    As JSON, or as multipart/form-data with the JSON in the part `request` and pictures as files, which the JSON
    names with `{"file": "field name"}`.
    """
    body, files = await _SEARCH.read_with_files(request)
    return _respond(name, await app.searcher.search(name, body.request(files), deadline))


@router.post(
    "/search/refine",
    response_model=SearchAnswer,
    responses={**_PROBLEMS, **problems(410)},
    openapi_extra=_REFINE.documented(),
)
async def refine(name: Name, request: Request, app: App, deadline: Within) -> Response:
    """The query of an earlier answer with other weights: nothing is encoded again, so it is instant."""
    body = await _REFINE.read(request)
    return _respond(name, await app.searcher.refine(name, body.refinement(), deadline))


@router.post("/same-style", response_model=SearchAnswer, responses=_PROBLEMS, openapi_extra=_SAME_STYLE.documented())
async def same_style(name: Name, request: Request, app: App, deadline: Within) -> Response:
    """Products that are like a product: a picture, a text, both, or a stored item."""
    body, files = await _SAME_STYLE.read_with_files(request)
    query, options = body.question(files)
    return _respond(name, await app.searcher.same_style(name, query, options, deadline))


def _respond(collection: str, result: SearchResult) -> Response:
    response = Json(search_answer(collection, result))
    took = result.took_ms
    stages = {"decode": took.decode, "embed": took.embed, "search": took.search, "rank": took.rank}
    response.headers["Server-Timing"] = ", ".join(f"{stage};dur={ms:.3f}" for stage, ms in stages.items())
    return response
