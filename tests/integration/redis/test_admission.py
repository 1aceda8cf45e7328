"""What a gateway accepts, what it refuses, and what it leaves in Redis."""

import asyncio

import numpy as np
import pytest

from service.errors import NotReadyError, OverloadedError, QueueAwayError
from service.queue import EncodeQueue, Group
from service.queue.redis import bundle_identity, encode_registration
from service.queue.redis.roster import Cost, Registration
from service.types import Deadline
from tests.fakes.encoder import FakeEncoder
from tests.fakes.tiny_bundle import tiny_manifest
from tests.integration.redis.conftest import BUNDLES, Fleet, eventually, soon


def ask(queue: EncodeQueue, text: str) -> "asyncio.Task[object]":
    return asyncio.ensure_future(queue.encode("tiny", text, "interactive", soon()))  # type: ignore[arg-type]


async def test_without_a_worker_it_says_what_to_start(fleet: Fleet) -> None:
    queue = await fleet.gateway()
    with pytest.raises(QueueAwayError, match="lookalike worker"):
        await queue.encode("tiny", "red", "interactive", soon())
    assert fleet.counted("admission_refused_total", lane="interactive", reason="away") == 1


async def test_workers_with_another_bundle_do_not_count_and_are_named(fleet: Fleet) -> None:
    worker = await fleet.worker(FakeEncoder())
    other = bundle_identity(tiny_manifest(precision="bf16"))
    queue = await fleet.gateway(bundles={"tiny": other})
    with pytest.raises(NotReadyError, match=worker.name):
        await queue.encode("tiny", "red", "interactive", soon())


async def test_work_that_would_miss_its_deadline_is_refused_with_the_time_to_wait(fleet: Fleet) -> None:
    """A worker that says it takes 10 s an input, and one input before ours."""
    slow = await fleet.doomed()
    cost = Cost("tiny", "text", 10_000.0, 10_000.0)
    sign = Registration("slow", BUNDLES, 1, 0, (0, 0), (0, 0), 10_000.0, (cost,))
    await slow.inbox.register(encode_registration(sign))
    queue = await fleet.gateway()
    first = ask(queue, "first")
    await slow.take_one()
    with pytest.raises(OverloadedError, match="10,000 ms") as refused:
        await queue.encode("tiny", "second", "interactive", Deadline.after(15))
    assert refused.value.retry_after_s == 10
    assert fleet.counted("admission_refused_total", lane="interactive", reason="backlog") == 1
    estimate = queue.estimate(Group("tiny", "text"), "bulk")
    assert (estimate.wait_ms, estimate.run_ms, estimate.share_ms) == (10_000.0, 10_000.0, 10_000.0)
    first.cancel()


async def test_a_cancelled_request_leaves_the_lane_and_the_backlog(fleet: Fleet) -> None:
    queue = await fleet.gateway()
    doomed = await fleet.doomed()
    sign = Registration("w", BUNDLES, 1, 0, (0, 0), (0, 0), 5.0, (Cost("tiny", "text", 5.0, 5.0),))
    await doomed.inbox.register(encode_registration(sign))
    request = ask(queue, "cancelled")
    await doomed.take_one()
    request.cancel()
    async with asyncio.timeout(30):
        while await fleet.client.xlen(fleet.keys.lane("interactive")):  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)
    assert int(await fleet.client.get(fleet.keys.backlog("interactive"))) == 0
    assert fleet.counted("queue_dropped_total", lane="interactive", model="tiny", reason="abandoned") == 1


async def test_nothing_stays_behind_an_answer_and_every_key_expires(fleet: Fleet) -> None:
    queue = await fleet.gateway()
    await fleet.worker(FakeEncoder())
    pixels = np.zeros((32, 32, 3), dtype=np.uint8)
    await asyncio.gather(*(queue.encode("tiny", pixels, "bulk", soon()) for _ in range(10)), ask(queue, "red"))
    for lane, inputs in (("interactive", 1), ("bulk", 10)):
        assert await fleet.client.xlen(fleet.keys.lane(lane)) == 0
        assert fleet.counted("worker_wait_seconds_count", lane=lane) == inputs
    keys = [key async for key in fleet.client.scan_iter(f"{fleet.keys.prefix}:*")]
    assert len(keys) >= 6
    assert [key for key in keys if await fleet.client.pttl(key) < 0] == []


async def test_the_estimate_follows_what_workers_measured(fleet: Fleet) -> None:
    encoder = FakeEncoder()
    queue = await fleet.gateway()
    await fleet.worker(encoder)
    await queue.encode("tiny", "measured", "interactive", soon())
    await eventually(lambda: queue.estimate(Group("tiny", "text"), "interactive").share_ms > 0)
    assert queue.estimate(Group("tiny", "text"), "interactive").room == 100
