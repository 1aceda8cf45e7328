"""What a worker tells those who watch it: alive, able to work, and what it measured."""

import asyncio
from collections.abc import Mapping

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from models.manifest import Manifest
from service.metrics import Metrics
from service.pipeline.probe import probe
from service.queue import EncodeQueue
from service.types import Check, Deadline
from service.worker.worker import Worker


def create_probes(
    worker: Worker, queue: EncodeQueue, manifests: Mapping[str, Manifest], metrics: Metrics, ready_deadline_s: float
) -> Starlette:
    """`/healthz` is cheap; `/readyz` encodes a probe with each tower past Redis, and asks whether Redis answers."""

    async def alive(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def ready(_: Request) -> Response:
        deadline = Deadline.after(ready_deadline_s)
        models = await asyncio.gather(*(probe(queue, manifest, deadline) for manifest in manifests.values()))
        checks = [worker.check(), *models]
        is_ready = all(check.is_ok for check in checks)
        body = {"status": "ready" if is_ready else "not_ready", "checks": [_shown(check) for check in checks]}
        return JSONResponse(body, 200 if is_ready else 503)

    async def measured(_: Request) -> Response:
        return Response(metrics.exposition(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return Starlette(routes=[Route("/healthz", alive), Route("/readyz", ready), Route("/metrics", measured)])


def _shown(check: Check) -> dict[str, object]:
    return {"name": check.name, "ok": check.is_ok, "detail": check.detail}
