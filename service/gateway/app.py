"""The gateway as one ASGI application: routes, problems, limits. Takes a ready application core."""

from collections.abc import Iterator, Sequence
from importlib.metadata import version

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import Match, Mount, Route
from starlette.types import Scope

from service.bootstrap import Application
from service.gateway import documents
from service.gateway.early import EarlyRefusal
from service.gateway.exchange import exchange_of
from service.gateway.intake import Intake
from service.gateway.respond import Json, ProblemResponse, to_service_error
from service.gateway.rim import Rim
from service.gateway.routes import collections, embeddings, images, items, later, operation, search
from service.gateway.routes.pages import add_pages
from service.gateway.wire.faults import invalid_request
from service.settings import Settings

HELD_BODIES = 4
"""Bodies of the largest size that may be in memory at a time."""

# Ids may hold slashes, so the routes with a fixed end come before those that take the rest of the path.
# Routes are tried one after the other, so the busiest come first.
ROUTERS = (
    embeddings.router,
    operation.router,
    operation.readiness,
    collections.reads,
    collections.writes,
    search.router,
    later.router,
    images.router,
    items.writes,
    items.reads,
)


def create_app(application: Application, settings: Settings) -> FastAPI:
    """The ASGI application around a ready core, which stays its caller's to close."""
    app = FastAPI(
        title="Lookalike",
        version=version("lookalike"),
        description=documents.DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        default_response_class=Json,
        redirect_slashes=False,
        exception_handlers={HTTPException: _on_http_exception, RequestValidationError: _on_invalid_parameter},
    )
    app.state.application = application
    app.openapi = lambda: documents.describe(app)  # type: ignore[method-assign]
    for router in ROUTERS:
        app.include_router(router)
    add_pages(app)
    app.add_middleware(
        Rim,
        intake=Intake(
            settings.max_body_bytes,
            settings.max_requests,
            HELD_BODIES * settings.max_body_bytes,
            settings.write_deadline_s,
            application.metrics,
        ),
        early=EarlyRefusal(
            application.admission,
            [info.manifest for info in application.models.describe()],
            settings.search_deadline_s,
        ),
        metrics=application.metrics,
        tracing=application.tracing,
        route_of=lambda scope: _route_of(app, scope),
    )
    return app


async def _on_http_exception(request: Request, error: HTTPException) -> Response:
    allowed = _allowed_methods(request)
    response = ProblemResponse(to_service_error(error, request, allowed), exchange_of(request).request_id)
    if error.status_code == 405:
        response.headers["Allow"] = ", ".join(allowed)
    return response


async def _on_invalid_parameter(request: Request, error: RequestValidationError) -> Response:
    return ProblemResponse(invalid_request(error.errors()), exchange_of(request).request_id)


def _route_of(app: FastAPI, scope: Scope) -> str:
    """The route that a request would take; "" for none."""
    pages = (route for route in app.routes if isinstance(route, Route | Mount))
    for route in (*_api_routes(), *pages):
        if route.matches(scope)[0] is not Match.NONE:
            return str(getattr(route.app, "path", route.path) if isinstance(route, Mount) else route.path)
    return ""


def _api_routes() -> Iterator[APIRoute]:
    return (route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute))


def _allowed_methods(request: Request) -> Sequence[str]:
    """Every method that some route takes at this path; pages and other files can only be got."""
    here = (route for route in _api_routes() if route.matches(request.scope)[0] != Match.NONE)
    methods = {method for route in here for method in route.methods or ()}
    return sorted(methods) or ("GET", "HEAD")
