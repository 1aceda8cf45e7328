"""The search page at `/`, and the reference of this interface at `/docs`; both from this machine alone."""

from pathlib import Path

import fastapi_offline
from fastapi import FastAPI, Request, Response
from starlette.responses import Response as PlainResponse
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_HERE = Path(__file__).resolve().parent.parent
_SWAGGER = Path(fastapi_offline.__file__).parent / "static"
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# Swagger UI writes style attributes and inlines its pictures.
_REFERENCE_POLICY = _PAGE_POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")


class Folder(StaticFiles):
    """Static files that a browser may keep, but asks about each time (ETag, 304)."""

    def __init__(self, folder: Path, policy: str, path: str) -> None:
        """`path`: what the metrics call its files."""
        super().__init__(directory=folder, check_dir=False)
        self._policy = policy
        self.path = f"{path}/{{file}}"

    async def get_response(self, path: str, scope: Scope) -> PlainResponse:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["Content-Security-Policy"] = self._policy
        return response


def add_pages(app: FastAPI) -> None:
    """Serve the search page and the reference."""
    page = Folder(_HERE / "page", _PAGE_POLICY, "/page")
    reference = Folder(_HERE / "reference", _REFERENCE_POLICY, "/docs")
    swagger = Folder(_SWAGGER, _REFERENCE_POLICY, "/docs/swagger")

    @app.get("/", include_in_schema=False)
    async def search_page(request: Request) -> Response:
        return await page.get_response("index.html", request.scope)

    @app.get("/docs", include_in_schema=False)
    async def reference_page(request: Request) -> Response:
        return await reference.get_response("index.html", request.scope)

    app.mount("/page", page)
    app.mount("/docs/swagger", swagger)
    app.mount("/docs", reference)
