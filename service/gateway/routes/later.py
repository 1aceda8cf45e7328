"""Routes of the interface that a later step of the road brings: each says which."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from service.errors import NotImplementedYetError
from service.gateway.documents import problems
from service.gateway.parts import Name

router = APIRouter(prefix="/v1", tags=["later"])

_LATER = problems(413, 422, 501, 503)
JobId = Annotated[str, Path(description="The job's id.")]
Alias = Annotated[str, Path(description="The alias.")]


@router.post("/collections/{name}/evaluate", status_code=501, responses=_LATER)
async def evaluate(name: Name) -> Response:
    """Score a labelled query file on a collection. Comes with step 4."""
    raise NotImplementedYetError("`evaluate` comes with step 4 (evaluation); until then use `lookalike eval`")


@router.get("/aliases", status_code=501, responses=_LATER)
async def aliases() -> Response:
    """List aliases. Comes with step 6."""
    raise NotImplementedYetError("aliases come with step 6 (changing the model): use the collection's own name")


@router.put("/aliases/{alias}", status_code=501, responses=_LATER)
async def point(alias: Alias) -> Response:
    """Point an alias at a collection. Comes with step 6."""
    raise NotImplementedYetError("aliases come with step 6 (changing the model): use the collection's own name")


@router.get("/jobs", status_code=501, responses=_LATER)
async def jobs() -> Response:
    """List jobs. Comes with step 6."""
    raise NotImplementedYetError("jobs come with step 6 (bulk work): `lookalike index` works in the foreground")


@router.get("/jobs/{job}", status_code=501, responses=_LATER)
async def job(job: JobId) -> Response:
    """One job and its progress. Comes with step 6."""
    raise NotImplementedYetError("jobs come with step 6 (bulk work): `lookalike index` works in the foreground")


@router.post("/jobs/{job}/cancel", status_code=501, responses=_LATER)
async def cancel(job: JobId) -> Response:
    """Cancel a job. Comes with step 6."""
    raise NotImplementedYetError("jobs come with step 6 (bulk work): `lookalike index` works in the foreground")
