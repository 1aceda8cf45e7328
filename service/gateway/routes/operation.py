"""Is it alive, is it able to serve, what does it measure, what are its models, what does a problem mean?"""

import inspect

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from service.errors import TABLE, NotReadyError, RouteNotFoundError
from service.gateway.answers.models import (
    HealthAnswer,
    ModelsAnswer,
    ReadyAnswer,
    model_answer,
    ready_answer,
)
from service.gateway.answers.problems import ProblemKindAnswer
from service.gateway.deadlines import ReadRoute, ReadyRoute, Within
from service.gateway.documents import problems
from service.gateway.parts import App
from service.gateway.respond import Json

router = APIRouter(tags=["operation"], route_class=ReadRoute)
readiness = APIRouter(tags=["operation"], route_class=ReadyRoute)

_ANY = problems(413, 422, 503)


@router.get("/healthz", response_model=HealthAnswer, responses=_ANY)
async def alive() -> Response:
    """The process runs and answers."""
    return Json(HealthAnswer(status="alive"))


@readiness.get("/readyz", response_model=ReadyAnswer, responses={**_ANY, **problems(503, 504)})
async def ready(app: App, deadline: Within) -> Response:
    """The models answer and the collections open; else 503, with what is wrong."""
    state = await app.models.ready(deadline)
    if not state.is_ready:
        failing = (f"{check.name}: {check.detail or 'not right'}" for check in state.checks if not check.is_ok)
        raise NotReadyError("; ".join(failing))
    return Json(ready_answer(state))


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"description": "Prometheus", "content": {"text/plain": {"schema": {"type": "string"}}}}, **_ANY},
)
async def metrics(app: App) -> Response:
    """What the process measures, for Prometheus."""
    return Response(app.metrics.exposition(), headers={"Content-Type": CONTENT_TYPE_LATEST})


@router.get("/v1/models", response_model=ModelsAnswer, responses=_ANY, tags=["models"])
async def models(app: App) -> Response:
    """The loaded models, their spaces and licences, and how busy they are."""
    return Json(ModelsAnswer(object="list", data=[model_answer(info) for info in app.models.describe()]))


@router.get("/problems/{code}", response_model=ProblemKindAnswer, responses={**_ANY, **problems(404)})
async def problem_kind(code: str) -> Response:
    """What a problem's `type` means."""
    for error, entry in TABLE.items():
        if entry.code == code:
            meaning = inspect.getdoc(error) or entry.title
            return Json(ProblemKindAnswer(code=code, title=entry.title, status=entry.status, meaning=meaning))
    raise RouteNotFoundError(f"no problem has the code {code!r}: docs/api.md lists them all")
