"""One bench for each transport: a queue, encoders behind it, and a way to wait until it has taken work in."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from typing import Protocol

import pytest

from models.encoder import Encoder
from service.batching import CostCurve
from service.metrics import Metrics
from service.queue import DirectRunner, EncodeQueue, Group, Lane, LocalQueue, Tower
from service.queue.redis import RedisQueue, bundle_identity
from service.worker import Worker, WorkerLimits
from tests.fakes.encoder import FakeEncoder

TOWERS: Sequence[Tower] = ("text", "image")
PATIENCE_S = 30.0
_prefixes = count()


class Bench(Protocol):
    """What a contract test works at."""

    queue: EncodeQueue

    async def accepted(self, inputs: int) -> None:
        """Wait until so many more inputs than before have been taken in."""

    async def dropped(self, inputs: int) -> None:
        """Wait until so many that were taken in are given up."""


MakeBench = Callable[..., Awaitable[Bench]]


class LocalBench:
    def __init__(self, queue: LocalQueue) -> None:
        self.queue = queue

    async def accepted(self, inputs: int) -> None:
        await asyncio.sleep(0)

    async def dropped(self, inputs: int) -> None:
        """At once."""


class RedisBench:
    """A gateway's queue and one worker that takes in as much as the lanes hold."""

    def __init__(self, queue: RedisQueue, worker: Worker) -> None:
        self.queue = queue
        self._worker = worker
        self._inputs = 1

    async def accepted(self, inputs: int) -> None:
        """`busy` was the first one."""
        self._inputs += inputs
        await eventually(lambda: self._worker.held.total >= self._inputs)

    async def dropped(self, inputs: int) -> None:
        self._inputs -= inputs
        await eventually(lambda: self._worker.held.total == self._inputs)


async def eventually(is_so: Callable[[], bool]) -> None:
    """Wait until it is so, or fail: what another process, or another task, does cannot be awaited."""
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.005)


def local_queue(encoders: Sequence[FakeEncoder], workers: int, room: int, max_rows: int) -> LocalQueue:
    by_name: Mapping[str, Encoder] = {encoder.manifest.name: encoder for encoder in encoders}
    capacity: Mapping[Lane, int] = {"interactive": room, "bulk": room}
    flat = CostCurve((1, max_rows), (1.0, 1.0)) if max_rows > 1 else CostCurve()
    curves = {Group(name, tower): flat for name in by_name for tower in TOWERS}
    return LocalQueue(DirectRunner(by_name), Metrics(), workers, capacity, curves)


@asynccontextmanager
async def local_bench(
    encoders: Sequence[FakeEncoder], workers: int, room: int, max_rows: int
) -> AsyncIterator[LocalBench]:
    queue = local_queue(encoders, workers, room, max_rows)
    yield LocalBench(queue)
    await asyncio.to_thread(queue.close, 5)


@asynccontextmanager
async def redis_bench(
    encoders: Sequence[FakeEncoder], workers: int, room: int, max_rows: int, url: str
) -> AsyncIterator[RedisBench]:
    prefix = f"contract-{next(_prefixes)}"
    manifests = {encoder.manifest.name: encoder.manifest for encoder in encoders}
    bundles = {name: bundle_identity(manifest) for name, manifest in manifests.items()}
    behind = local_queue(encoders, workers, 1000, max_rows)
    worker = Worker(url, behind, manifests, Metrics(), WorkerLimits(slots=2 * room + 2 * workers), prefix)
    queue = RedisQueue(url, bundles, Metrics(), {"interactive": room, "bulk": room}, prefix)
    await worker.start()
    yield RedisBench(queue, worker)
    await asyncio.to_thread(queue.close, 5)
    await worker.drain(5)
    await asyncio.to_thread(behind.close, 5)


@pytest.fixture(params=["local", "redis"])
async def make_bench(request: pytest.FixtureRequest) -> AsyncIterator[MakeBench]:
    url = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    async with AsyncExitStack() as stack:

        async def make(*encoders: FakeEncoder, workers: int = 1, room: int = 4, max_rows: int = 1) -> Bench:
            if url:
                return await stack.enter_async_context(redis_bench(encoders, workers, room, max_rows, url))
            return await stack.enter_async_context(local_bench(encoders, workers, room, max_rows))

        yield make
