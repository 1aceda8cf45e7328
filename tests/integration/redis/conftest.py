"""Gateways and workers on a real Redis, all in one event loop; encoders that answer when the test lets them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count

import pytest

from service.metrics import Metrics
from service.queue import DirectRunner, LocalQueue
from service.queue.redis import Entry, Inbox, Keys, Outbox, RedisQueue, bundle_identity, connect, end
from service.types import Deadline
from service.worker import Worker, WorkerLimits
from tests.fakes.encoder import FakeEncoder
from tests.fakes.tiny_bundle import tiny_manifest
from tests.redis_server import RedisServer

BUNDLES = {"tiny": bundle_identity(tiny_manifest())}
PATIENCE_S = 60.0
CLAIM_S = 0.4
_prefixes = count()


class Fleet:
    """Makes gateways and workers of one prefix, and ends them."""

    def __init__(self, url: str, stack: AsyncExitStack) -> None:
        self.url = url
        self.keys = Keys(f"fleet-{next(_prefixes)}")
        self.client = connect(url)
        self._stack = stack
        self.metrics = Metrics()
        """Of all its gateways and workers."""

    def counted(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(f"lookalike_{name}", labels) or 0.0

    async def gateway(self, patience_s: float = 30.0, room: int = 100, bundles: dict[str, str] = BUNDLES) -> RedisQueue:
        queue = RedisQueue(
            self.url, bundles, self.metrics, {"interactive": room, "bulk": room}, self.keys.prefix, patience_s
        )
        self._stack.push_async_callback(asyncio.to_thread, queue.close, 0)
        return queue

    async def worker(self, encoder: FakeEncoder, slots: int = 2, max_deliveries: int = 5) -> Worker:
        behind = LocalQueue(DirectRunner({"tiny": encoder}), Metrics(), 1, {"interactive": 100, "bulk": 100})
        limits = WorkerLimits(slots, CLAIM_S, max_deliveries)
        worker = Worker(self.url, behind, {"tiny": encoder.manifest}, self.metrics, limits, self.keys.prefix)
        self._stack.push_async_callback(asyncio.to_thread, behind.close, 5)
        self._stack.callback(encoder.release)
        await worker.start()
        self._stack.push_async_callback(worker.drain, 0)
        return worker

    async def doomed(self) -> "Doomed":
        """A worker that takes entries and never finishes one."""
        doomed = Doomed(self, f"doomed-{next(_prefixes)}")
        self._stack.push_async_callback(doomed.stop)
        return doomed


class Doomed:
    def __init__(self, fleet: Fleet, name: str) -> None:
        self._outbox = Outbox(fleet.client, 10)
        self.inbox = Inbox(fleet.client, fleet.keys, name, self._outbox)
        self._sending = asyncio.ensure_future(self._outbox.run())

    async def take_one(self) -> Entry:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if entries := await self.inbox.take("interactive", 1, waits=True):
                    return entries[0]

    async def stop(self) -> None:
        await end([self._sending])


def soon() -> Deadline:
    return Deadline.after(PATIENCE_S)


async def eventually(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.005)


@asynccontextmanager
async def open_fleet(url: str) -> AsyncIterator[Fleet]:
    async with AsyncExitStack() as stack:
        fleet = Fleet(url, stack)
        stack.push_async_callback(fleet.client.aclose)
        yield fleet


@pytest.fixture
async def fleet(redis_url: str) -> AsyncIterator[Fleet]:
    """On the Redis that all tests share."""
    async with open_fleet(redis_url) as made:
        yield made


@pytest.fixture(params=[True, False], ids=["data survives", "data lost"])
def server(request: pytest.FixtureRequest) -> Iterator[RedisServer]:
    """A Redis of the test's own, to be stopped and killed."""
    with RedisServer(keeps=request.param) as running:
        yield running
