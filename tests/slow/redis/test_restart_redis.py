"""Redis stops and starts under load: requests inside their deadline are answered right, or refused with a 503."""

import asyncio
import signal
from pathlib import Path

import pytest

from models.encoder import OnnxEncoder
from service.metrics import Metrics
from service.queue.redis import RedisQueue, bundle_identity
from tests.fakes.tiny_bundle import make_tiny_bundle
from tests.integration.redis.worker_process import WorkerProcess
from tests.redis_server import RedisServer
from tests.slow.redis.load import Load, check

RESTARTS = 10
BETWEEN = 100
"""Answers between two restarts."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("keeps", "number"),
    [(True, signal.SIGTERM), (True, signal.SIGKILL), (False, signal.SIGKILL)],
    ids=["stopped, data saved", "killed, data saved", "killed, data lost"],
)
async def test_no_accepted_request_is_lost(tmp_path: Path, keeps: bool, number: signal.Signals) -> None:
    bundle = make_tiny_bundle(tmp_path / "bundles")
    with RedisServer(keeps=keeps) as server:
        workers = [WorkerProcess(tmp_path, server.url) for _ in range(2)]
        for worker in workers:
            await asyncio.to_thread(worker.wait_until_it_works)
        bundles = {"tiny": bundle_identity(bundle.manifest)}
        queue = RedisQueue(server.url, bundles, Metrics(), {"interactive": 200, "bulk": 200})
        async with Load(queue, OnnxEncoder(bundle)) as load:
            for _ in range(RESTARTS):
                await load.answers(BETWEEN)
                await asyncio.to_thread(server.stop, number)
                await asyncio.to_thread(server.start)
            await load.answers(BETWEEN)
        check(load.tally)
        await asyncio.to_thread(queue.close, 10)
        assert [await asyncio.to_thread(worker.stop) for worker in workers] == [0, 0]
