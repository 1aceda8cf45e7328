"""What a worker leaves behind when it dies, stalls or goes: others answer it, once."""

import asyncio

import pytest

from service.errors import EncoderCrashedError
from service.queue import EncodeQueue
from service.queue.codec import encode_answer
from service.queue.redis import Entry
from tests.fakes.encoder import FakeEncoder
from tests.integration.redis.conftest import Fleet, eventually, soon


def ask(queue: EncodeQueue, text: str) -> "asyncio.Task[object]":
    return asyncio.ensure_future(queue.encode("tiny", text, "interactive", soon()))  # type: ignore[arg-type]


async def test_what_a_dead_worker_held_is_answered_by_another(fleet: Fleet) -> None:
    encoder = FakeEncoder()
    encoder.hold()
    queue, worker = await fleet.gateway(), await fleet.worker(encoder, slots=1)
    first = ask(queue, "keeps the living one busy")
    await eventually(lambda: worker.held.total == 1)
    doomed = await fleet.doomed()
    second = ask(queue, "taken to the grave")
    await doomed.take_one()
    encoder.release()
    await asyncio.gather(first, second)
    assert encoder.runs == [["keeps the living one busy"], ["taken to the grave"]]


async def test_a_worker_takes_over_what_others_left_though_its_slots_are_full(fleet: Fleet) -> None:
    encoder = FakeEncoder()
    encoder.hold()
    queue, worker = await fleet.gateway(), await fleet.worker(encoder, slots=1)
    first = ask(queue, "fills the slot")
    await eventually(lambda: worker.held.total == 1)
    doomed = await fleet.doomed()
    second = ask(queue, "taken to the grave")
    await doomed.take_one()
    await eventually(lambda: worker.held.total == 2)
    encoder.release()
    await asyncio.gather(first, second)


async def test_two_workers_that_computed_the_same_answer_it_once(fleet: Fleet) -> None:
    encoder = FakeEncoder()
    queue = await fleet.gateway()
    await fleet.worker(encoder)
    stalled = await fleet.doomed()
    await queue.encode("tiny", "warms up", "interactive", soon())
    encoder.hold()
    request = ask(queue, "computed twice")
    await eventually(lambda: len(encoder.runs) == 2)
    entry = await only_entry(fleet)
    encoder.release()
    await request
    assert not await stalled.inbox.finish(entry, 0, encode_answer(RuntimeError("too late")))


async def only_entry(fleet: Fleet) -> Entry:
    """What is in the interactive lane, as another worker would hold it."""
    ((id_, fields),) = await fleet.client.xrange(fleet.keys.lane("interactive"))
    return Entry("interactive", id_, fields[b"i"], fields[b"t"], fields[b"p"])


async def test_an_input_that_outlives_too_many_workers_is_answered_with_an_error(fleet: Fleet) -> None:
    queue = await fleet.gateway()
    busy = FakeEncoder()
    busy.hold()
    worker = await fleet.worker(busy, slots=1, max_deliveries=1)
    occupied = ask(queue, "occupies")
    await eventually(lambda: worker.held.total == 1)
    doomed = await fleet.doomed()
    killer = ask(queue, "kills")
    await doomed.take_one()
    busy.release()
    await occupied
    with pytest.raises(EncoderCrashedError, match="1 workers died"):
        await killer
    assert busy.runs == [["occupies"]]


async def test_a_worker_that_drains_gives_back_what_it_cannot_finish(fleet: Fleet) -> None:
    slow, quick = FakeEncoder(), FakeEncoder()
    slow.hold()
    queue, leaving = await fleet.gateway(), await fleet.worker(slow)
    requests = [ask(queue, "begun"), ask(queue, "waits")]
    await eventually(lambda: leaving.held.total == 2)
    await fleet.worker(quick)
    assert await leaving.drain(0) == 2
    await asyncio.gather(*requests)
    assert sorted(text for run in quick.runs for text in run) == ["begun", "waits"]


async def test_a_worker_that_drains_finishes_what_it_holds_and_leaves_nothing(fleet: Fleet) -> None:
    encoder = FakeEncoder()
    encoder.hold()
    queue, leaving = await fleet.gateway(), await fleet.worker(encoder)
    requests = [ask(queue, "begun"), ask(queue, "waits")]
    await eventually(lambda: leaving.held.total == 2)
    draining = asyncio.ensure_future(leaving.drain(60))
    encoder.release()
    assert await draining == 0
    await asyncio.gather(*requests)
    assert await fleet.client.hlen(fleet.keys.roster) == 0
    assert await fleet.client.xinfo_consumers(fleet.keys.lane("interactive"), "workers") == []


async def test_an_unreadable_task_is_answered_and_its_neighbours_do_not_notice(fleet: Fleet) -> None:
    """Another release may write tasks that this one cannot read."""
    encoder = FakeEncoder()
    queue = await fleet.gateway()
    await fleet.worker(encoder)
    fields = {"i": b"request", "t": fleet.keys.replies("me").encode(), "p": b"\x09 of a later release"}
    await fleet.client.xadd(fleet.keys.lane("interactive"), fields)
    await queue.encode("tiny", "neighbour", "interactive", soon())
    await eventually(lambda: encoder.runs == [["neighbour"]])
    async with asyncio.timeout(30):
        ((_, answers),) = await fleet.client.xread({fleet.keys.replies("me"): "0"}, block=10_000)
    assert answers[0][1][b"i"] == b"request" and b"version 9" in answers[0][1][b"p"]
