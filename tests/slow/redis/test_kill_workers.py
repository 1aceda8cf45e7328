"""kill -9 of workers under load: every accepted request is answered right, and answered once."""

import asyncio
from pathlib import Path

import pytest

from models.encoder import OnnxEncoder
from service.metrics import Metrics
from service.queue.redis import RedisQueue, bundle_identity, connect
from tests.fakes.tiny_bundle import make_tiny_bundle
from tests.integration.redis.worker_process import WorkerProcess
from tests.redis_server import RedisServer
from tests.slow.redis.load import Load, check, replies

KILLS = 50
BETWEEN = 100
"""Answers between two kills."""


@pytest.mark.slow
async def test_no_accepted_request_is_lost_or_answered_twice(tmp_path: Path) -> None:
    bundle = make_tiny_bundle(tmp_path / "bundles")
    metrics = Metrics()
    with RedisServer() as server:
        workers = [WorkerProcess(tmp_path, server.url) for _ in range(2)]
        for worker in workers:
            await asyncio.to_thread(worker.wait_until_it_works)
        bundles = {"tiny": bundle_identity(bundle.manifest)}
        queue = RedisQueue(server.url, bundles, metrics, {"interactive": 200, "bulk": 200})
        async with Load(queue, OnnxEncoder(bundle)) as load:
            for _ in range(KILLS):
                await load.answers(BETWEEN)
                victim = workers.pop(0)
                workers.append(WorkerProcess(tmp_path, server.url))
                await asyncio.to_thread(victim.kill)
                await load.answers(1)
                await asyncio.to_thread(workers[-1].wait_until_it_works)
        check(load.tally)
        assert load.tally.refused == []
        assert (replies(metrics, "answered"), replies(metrics, "unwanted")) == (load.tally.answered, 0)
        client = connect(server.url)
        assert await client.xlen("lookalike:encode:interactive") == 0
        await client.aclose()
        await asyncio.to_thread(queue.close, 10)
        assert [await asyncio.to_thread(worker.stop) for worker in workers] == [0, 0]
