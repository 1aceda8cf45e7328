"""The real `lookalike worker`: answers, drains on SIGTERM, leaves with 0."""

from pathlib import Path

import numpy as np
import pytest

from models.encoder import OnnxEncoder
from tests.fakes.tiny_bundle import SIZE, make_tiny_bundle
from tests.integration.redis.conftest import PATIENCE_S, soon
from tests.integration.redis.worker_process import WorkerProcess
from tests.redis_server import RedisServer


async def test_it_answers_and_drains(tmp_path: Path) -> None:
    import asyncio

    from service.metrics import Metrics
    from service.queue.redis import RedisQueue, bundle_identity

    bundle = make_tiny_bundle(tmp_path / "bundles")
    with RedisServer() as server:
        worker = WorkerProcess(tmp_path, server.url)
        await asyncio.to_thread(worker.wait_until_it_works)
        bundles = {"tiny": bundle_identity(bundle.manifest)}
        queue = RedisQueue(server.url, bundles, Metrics(), {"interactive": 50, "bulk": 50})
        pixels = np.full((SIZE, SIZE, 3), 200, dtype=np.uint8)
        text, picture = await asyncio.gather(
            queue.encode("tiny", "red square", "interactive", soon()), queue.encode("tiny", pixels, "bulk", soon())
        )
        encoder = OnnxEncoder(bundle)
        assert text.vector == pytest.approx(encoder.encode_texts(["red square"]).vectors[0], abs=1e-6)
        assert picture.vector == pytest.approx(encoder.encode_pixels(pixels[None])[0], abs=1e-6)
        await asyncio.to_thread(queue.close, PATIENCE_S)
        assert await asyncio.to_thread(worker.stop) == 0
        assert "drained; 0 inputs were given back" in "".join(worker.log)
