"""Redis goes away and comes back, with its data and without: what was accepted is answered, or refused with a 503."""

import asyncio
import signal

import pytest

from service.errors import OverloadedError, QueueAwayError
from service.queue import Encoded, EncodeQueue, Group
from tests.fakes.encoder import FakeEncoder
from tests.integration.redis.conftest import Fleet, eventually, open_fleet, soon
from tests.redis_server import RedisServer


def ask(queue: EncodeQueue, text: str) -> "asyncio.Task[Encoded]":
    return asyncio.ensure_future(queue.encode("tiny", text, "interactive", soon()))  # type: ignore[arg-type]


async def test_accepted_work_survives_a_restart(server: RedisServer) -> None:
    encoder = FakeEncoder()
    encoder.hold()
    async with open_fleet(server.url) as fleet:
        queue, worker = await fleet.gateway(), await fleet.worker(encoder)
        texts = [f"text {n}" for n in range(20)]
        requests = [ask(queue, text) for text in texts]
        await eventually(
            lambda: worker.held.total == 2 and queue.estimate(Group("tiny", "text"), "interactive").room <= 80
        )
        server.stop(signal.SIGKILL)
        server.start()
        encoder.release()
        for text, answer in zip(texts, await asyncio.gather(*requests), strict=True):
            assert answer.vector == pytest.approx(encoder.vector(text.encode()))


async def test_requests_that_come_while_it_is_away_are_answered_when_it_is_back(server: RedisServer) -> None:
    encoder = FakeEncoder()
    async with open_fleet(server.url) as fleet:
        queue, _ = await fleet.gateway(), await fleet.worker(encoder)
        await queue.encode("tiny", "before", "interactive", soon())
        server.stop()
        requests = [ask(queue, f"text {n}") for n in range(5)]
        await asyncio.wait(requests, timeout=0.3)
        assert not any(request.done() for request in requests)
        server.start()
        await asyncio.gather(*requests)


async def test_patience_ends_with_a_503_and_starts_anew(server: RedisServer) -> None:
    encoder = FakeEncoder()
    encoder.hold()
    async with open_fleet(server.url) as fleet:
        queue, _ = await fleet.gateway(patience_s=0.2), await fleet.worker(encoder)
        accepted = ask(queue, "accepted")
        await asyncio.to_thread(encoder.asked.wait, 30)
        server.stop()
        with pytest.raises(QueueAwayError):
            await accepted
        with pytest.raises(QueueAwayError):
            await queue.encode("tiny", "refused at once", "interactive", soon())
        assert queue.figures().running == 0
        server.start()
        encoder.release()
        await answered_again(queue)


async def answered_again(queue: EncodeQueue) -> None:
    """Refusals end when the gateway and a worker have found the server again."""
    async with asyncio.timeout(60):
        while True:
            try:
                await queue.encode("tiny", "after", "interactive", soon())
                return
            except OverloadedError:
                await asyncio.sleep(0.01)


async def test_lost_data_is_noticed_where_no_connection_broke(fleet: Fleet) -> None:
    """Somebody deletes the keys while requests wait."""
    encoder = FakeEncoder()
    encoder.hold()
    queue, worker = await fleet.gateway(), await fleet.worker(encoder)
    requests = [ask(queue, f"text {n}") for n in range(6)]
    await eventually(lambda: worker.held.total == 2 and queue.estimate(Group("tiny", "text"), "interactive").room <= 94)
    keys = [key async for key in fleet.client.scan_iter(f"{fleet.keys.prefix}:*")]
    await fleet.client.delete(*keys)
    encoder.release()
    await asyncio.gather(*requests)
    texts = [text for run in encoder.runs for text in run]
    assert set(texts) == {f"text {n}" for n in range(6)}
