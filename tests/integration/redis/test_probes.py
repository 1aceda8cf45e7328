"""What a worker tells those who watch it."""

import asyncio

import httpx

from service.metrics import Metrics
from service.queue import DirectRunner, LocalQueue
from service.worker import Worker
from service.worker.probes import create_probes
from tests.fakes.encoder import FakeEncoder
from tests.redis_server import RedisServer


async def test_readiness_tells_of_redis_and_of_each_model() -> None:
    encoder, metrics = FakeEncoder(), Metrics()
    manifests = {"tiny": encoder.manifest}
    queue = LocalQueue(DirectRunner({"tiny": encoder}), metrics, 1, {"interactive": 9, "bulk": 9})
    with RedisServer() as server:
        worker = Worker(server.url, queue, manifests, metrics)
        probes = create_probes(worker, queue, manifests, metrics, 5.0)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(probes), base_url="http://worker") as client:
            early = await client.get("/readyz")
            assert (early.status_code, early.json()["checks"][0]["detail"]) == (503, "not reached yet")
            await worker.start()
            assert (await client.get("/readyz")).json() == {
                "status": "ready",
                "checks": [
                    {"name": "redis", "ok": True, "detail": ""},
                    {"name": "model tiny", "ok": True, "detail": ""},
                ],
            }
            server.stop()
            async with asyncio.timeout(30):
                while (late := await client.get("/readyz")).status_code == 200:  # noqa: ASYNC110 - nothing tells
                    await asyncio.sleep(0.01)
            assert late.json()["checks"][0] == {"name": "redis", "ok": False, "detail": "does not answer"}
            assert (await client.get("/healthz")).json() == {"status": "alive"}
            assert "lookalike_worker_answers" in (await client.get("/metrics")).text
            server.start()
        await worker.drain(5)
    await asyncio.to_thread(queue.close, 5)
