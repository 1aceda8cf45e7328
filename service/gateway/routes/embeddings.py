"""Embeddings, classification and reranking: the models without a collection."""

from fastapi import APIRouter, Request, Response

from service.gateway.answers.embeddings import (
    ClassifyAnswer,
    EmbeddingsAnswer,
    RerankAnswer,
    classify_answer,
    embeddings_answer,
    rerank_answer,
)
from service.gateway.deadlines import SearchRoute, deadline_of
from service.gateway.documents import problems
from service.gateway.parts import application_of
from service.gateway.reading import Reader
from service.gateway.respond import Json
from service.gateway.wire.embeddings import ClassifyBody, EmbeddingsBody, RerankBody

router = APIRouter(prefix="/v1", tags=["models"], route_class=SearchRoute)

_EMBED = Reader[EmbeddingsBody](EmbeddingsBody)
_CLASSIFY = Reader[ClassifyBody](ClassifyBody)
_RERANK = Reader[RerankBody](RerankBody)
_PROBLEMS = problems(400, 404, 413, 415, 422, 503, 504)


@router.post("/embeddings", response_model=EmbeddingsAnswer, responses=_PROBLEMS, openapi_extra=_EMBED.documented())
async def embeddings(request: Request) -> Response:
    """Vectors of texts and pictures, mixed as they come, in the shape of OpenAI's interface."""
    app, deadline = application_of(request), deadline_of(request)
    body = await _EMBED.read(request)
    batch = await app.embeddings.embed(body.model, body.inputs(), deadline, body.dimensions)
    return Json(embeddings_answer(batch, body.encoding_format))


@router.post("/classify", response_model=ClassifyAnswer, responses=_PROBLEMS, openapi_extra=_CLASSIFY.documented())
async def classify(request: Request) -> Response:
    """How well labels fit texts or pictures, without training."""
    app, deadline = application_of(request), deadline_of(request)
    body = await _CLASSIFY.read(request)
    batch = await app.embeddings.classify(body.model, body.inputs(), body.labels, body.templates, deadline)
    return Json(classify_answer(batch))


@router.post("/rerank", response_model=RerankAnswer, responses=_PROBLEMS, openapi_extra=_RERANK.documented())
async def rerank(request: Request) -> Response:
    """Documents in the order in which they match a query, in the shape of Cohere's interface."""
    app, deadline = application_of(request), deadline_of(request)
    body = await _RERANK.read(request)
    documents = body.candidates()
    batch = await app.embeddings.rerank(body.model, body.question(), documents, deadline)
    return Json(rerank_answer(batch, documents, body.top_n, body.return_documents))
