"""The trace goes with the input through Redis: the worker's spans hang below the gateway's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from service.metrics import Metrics
from service.queue import DirectRunner, LocalQueue
from service.queue.redis import RedisQueue, bundle_identity
from service.tracing import NO_TRACING, Tracing
from service.types import Deadline
from service.worker import Worker
from tests.fakes.encoder import FakeEncoder
from tests.fakes.recorded_spans import UNSAMPLED, RecordedSpans, id_of, links_of, parent_of, trace_of

ROOM = {"interactive": 9, "bulk": 9}


@asynccontextmanager
async def fleet(url: str, prefix: str, gateway: Tracing, at_worker: Tracing) -> AsyncIterator[RedisQueue]:
    """A gateway's queue and one worker; all spans have ended when it is closed."""
    encoder = FakeEncoder()
    bundles = {"tiny": bundle_identity(encoder.manifest)}
    behind = LocalQueue(DirectRunner({"tiny": encoder}), Metrics(), 1, ROOM, tracing=at_worker)  # type: ignore[arg-type]
    worker = Worker(url, behind, {"tiny": encoder.manifest}, Metrics(), None, prefix, at_worker)
    queue = RedisQueue(url, bundles, Metrics(), ROOM, prefix, tracing=gateway)  # type: ignore[arg-type]
    await worker.start()
    yield queue
    await asyncio.to_thread(queue.close, 5)
    await worker.drain(5)
    await asyncio.to_thread(behind.close, 5)


async def test_the_worker_hangs_below_the_gateway(redis_url: str) -> None:
    spans, there = RecordedSpans(), RecordedSpans()
    async with fleet(redis_url, "trace-below", spans.tracing, there.tracing) as queue:
        with spans.tracing.request(None):
            await queue.encode("tiny", "red", "bulk", Deadline.after(60))
    request, redis, work, batch = (
        spans.one("request"), spans.one("redis"), there.one("work"), there.one("encode batch")
    )  # fmt: skip
    assert (parent_of(redis), parent_of(work)) == (id_of(request), id_of(redis))
    for span in (redis, work, there.one("queue"), there.one("encode")):
        assert trace_of(span) == trace_of(request)
    assert parent_of(there.one("queue")) == parent_of(there.one("encode")) == id_of(work)
    assert (links_of(batch), links_of(there.one("encode"))) == ([id_of(work)], [id_of(batch)])
    assert dict(work.attributes or {}) == {"lane": "bulk", "deliveries": 1}


async def test_a_worker_traces_nothing_that_its_gateway_does_not(redis_url: str) -> None:
    for number, gateway in enumerate((NO_TRACING, RecordedSpans(share=0.0).tracing, RecordedSpans().tracing)):
        there = RecordedSpans()
        async with fleet(redis_url, f"trace-none-{number}", gateway, there.tracing) as queue:
            with gateway.request(UNSAMPLED):
                await queue.encode("tiny", "red", "interactive", Deadline.after(60))
        assert there.names == []


async def test_a_worker_without_tracing_reads_past_the_trace(redis_url: str) -> None:
    spans = RecordedSpans()
    async with fleet(redis_url, "trace-past", spans.tracing, NO_TRACING) as queue:
        with spans.tracing.request(None):
            await queue.encode("tiny", "red", "interactive", Deadline.after(60))
    assert spans.names == ["redis", "request"]
