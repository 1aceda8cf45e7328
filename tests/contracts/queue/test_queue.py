"""What every encode queue does, whatever carries the work. Step 2 adds the Redis adapter to `make_queue`."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import pytest

from models.encoder import Encoder
from models.errors import TextError
from service.batching import CostCurve
from service.errors import DeadlineExceededError, EncoderFailedError, OverloadedError, ShuttingDownError
from service.metrics import Metrics
from service.queue import DirectRunner, EncodeQueue, Group, Lane, LocalQueue, Tower
from service.types import Deadline
from tests.fakes.encoder import FakeEncoder

SOON = Deadline.after(3600)  # made when the test is collected, long before it may run
MakeQueue = Callable[..., EncodeQueue]
TOWERS: Sequence[Tower] = ("text", "image")


@pytest.fixture(params=["local"])
def make_queue(request: pytest.FixtureRequest) -> Iterator[MakeQueue]:
    made: list[EncodeQueue] = []

    def make(*encoders: FakeEncoder, workers: int = 1, room: int = 4, max_rows: int = 1) -> EncodeQueue:
        by_name: Mapping[str, Encoder] = {encoder.manifest.name: encoder for encoder in encoders}
        capacity: Mapping[Lane, int] = {"interactive": room, "bulk": room}
        flat = CostCurve((1, max_rows), (1.0, 1.0)) if max_rows > 1 else CostCurve()
        curves = {Group(name, tower): flat for name in by_name for tower in TOWERS}
        made.append(LocalQueue(DirectRunner(by_name), Metrics(), workers, capacity, curves))
        return made[-1]

    yield make
    for queue in made:
        queue.close(5)


async def busy(queue: EncodeQueue, encoder: FakeEncoder) -> "asyncio.Task[object]":
    """Occupy the only worker until the encoder is released."""
    encoder.hold()
    task = asyncio.ensure_future(queue.encode("tiny", "occupies", "interactive", SOON))
    await asyncio.to_thread(encoder.asked.wait, 30)
    return task  # type: ignore[return-value]


async def start(
    queue: EncodeQueue, text: str, lane: Lane = "interactive", deadline: Deadline = SOON
) -> "asyncio.Task[object]":
    """Submit and let the submission happen."""
    task = asyncio.ensure_future(queue.encode("tiny", text, lane, deadline))
    await asyncio.sleep(0)
    return task  # type: ignore[return-value]


async def test_texts_and_pictures_come_back_as_their_vectors(make_queue: MakeQueue) -> None:
    encoder = FakeEncoder()
    queue = make_queue(encoder)
    text = await queue.encode("tiny", "red shoe", "interactive", SOON)
    assert text.vector == pytest.approx(encoder.vector(b"red shoe"))
    assert (text.token_count, text.is_truncated) == (2, False)
    pixels = np.full((32, 32, 3), 7, dtype=np.uint8)
    assert (await queue.encode("tiny", pixels, "bulk", SOON)).vector == pytest.approx(encoder.vector(pixels.tobytes()))


async def test_a_truncated_text_says_so(make_queue: MakeQueue) -> None:
    assert (await make_queue(FakeEncoder()).encode("tiny", "x " * 100, "bulk", SOON)).is_truncated


async def test_each_of_many_gets_its_own_answer(make_queue: MakeQueue) -> None:
    encoder = FakeEncoder()
    queue = make_queue(encoder, workers=3, room=100, max_rows=4)
    texts = [f"text {n}" for n in range(60)]
    answers = await asyncio.gather(*(queue.encode("tiny", text, "bulk", SOON) for text in texts))
    for text, answer in zip(texts, answers, strict=True):
        assert answer.vector == pytest.approx(encoder.vector(text.encode()))


async def test_interactive_goes_before_bulk_that_waited_longer(make_queue: MakeQueue) -> None:
    encoder = FakeEncoder()
    queue = make_queue(encoder)
    tasks = [await busy(queue, encoder)]
    tasks += [await start(queue, "bulk 1", "bulk"), await start(queue, "bulk 2", "bulk"), await start(queue, "urgent")]
    encoder.release()
    await asyncio.gather(*tasks)
    assert encoder.runs == [["occupies"], ["urgent"], ["bulk 1"], ["bulk 2"]]


async def test_a_full_lane_refuses_at_once_and_the_other_lane_does_not_notice(make_queue: MakeQueue) -> None:
    encoder = FakeEncoder()
    queue = make_queue(encoder, room=2)
    tasks = [await busy(queue, encoder), await start(queue, "one"), await start(queue, "two")]
    with pytest.raises(OverloadedError) as refused:
        await queue.encode("tiny", "three", "interactive", SOON)
    assert refused.value.retry_after_s >= 1
    tasks.append(await start(queue, "four", "bulk"))
    encoder.release()
    await asyncio.gather(*tasks)
    assert ["three"] not in encoder.runs


async def test_abandoned_work_is_never_encoded_and_makes_room(make_queue: MakeQueue) -> None:
    encoder = FakeEncoder()
    queue = make_queue(encoder, room=1)
    first, abandoned = await busy(queue, encoder), await start(queue, "abandoned")
    abandoned.cancel()
    with pytest.raises(asyncio.CancelledError):
        await abandoned
    instead = await start(queue, "instead")
    encoder.release()
    await asyncio.gather(first, instead)
    assert encoder.runs == [["occupies"], ["instead"]]


async def test_work_past_its_deadline_is_never_encoded(make_queue: MakeQueue) -> None:
    encoder = FakeEncoder()
    queue = make_queue(encoder)
    first = await busy(queue, encoder)
    with pytest.raises(DeadlineExceededError):
        await queue.encode("tiny", "late", "interactive", Deadline.after(0))
    encoder.release()
    await first
    await queue.encode("tiny", "next", "interactive", SOON)
    assert encoder.runs == [["occupies"], ["next"]]


@pytest.mark.parametrize("max_rows", [1, 8])
async def test_poison_fails_alone(make_queue: MakeQueue, max_rows: int) -> None:
    encoder = FakeEncoder(poison=["poison"])
    queue = make_queue(encoder, room=10, max_rows=max_rows)
    tasks = [await busy(queue, encoder)]
    tasks += [await start(queue, text) for text in ("good 1", "poison", "good 2", "")]
    encoder.release()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result).__name__ for result in results] == [
        "Encoded", "Encoded", "EncoderFailedError", "Encoded", "TextError",
    ]  # fmt: skip
    assert isinstance(results[2], EncoderFailedError) and isinstance(results[2].__cause__, RuntimeError)
    assert isinstance(results[4], TextError)


async def test_models_are_kept_apart(make_queue: MakeQueue) -> None:
    from tests.fakes.tiny_bundle import tiny_manifest

    one, other = FakeEncoder(), FakeEncoder(tiny_manifest("other"))
    queue = make_queue(one, other, workers=2, max_rows=4)
    await asyncio.gather(
        queue.encode("tiny", "a", "interactive", SOON), queue.encode("other", "b", "interactive", SOON)
    )
    assert (one.runs, other.runs) == ([["a"]], [["b"]])


async def test_the_figures_tell_what_waits_and_runs(make_queue: MakeQueue) -> None:
    encoder = FakeEncoder()
    queue = make_queue(encoder, room=9)
    tasks = [await busy(queue, encoder), await start(queue, "a"), await start(queue, "b", "bulk")]
    figures = queue.figures()
    assert (figures.workers, figures.running) == (1, 1)
    assert (figures.waiting_interactive, figures.waiting_bulk, figures.capacity_bulk) == (1, 1, 9)
    encoder.release()
    await asyncio.gather(*tasks)
    assert queue.figures().waiting_interactive == queue.figures().waiting_bulk == 0


async def test_closing_finishes_accepted_work_and_refuses_new(make_queue: MakeQueue) -> None:
    encoder = FakeEncoder()
    queue = make_queue(encoder)
    tasks = [await busy(queue, encoder), await start(queue, "accepted")]
    closing = threading.Thread(target=queue.close, args=(30,))
    closing.start()
    encoder.release()
    await asyncio.gather(*tasks)
    await asyncio.to_thread(closing.join, 30)
    assert encoder.runs == [["occupies"], ["accepted"]]
    with pytest.raises(ShuttingDownError):
        await queue.encode("tiny", "new", "interactive", SOON)


async def test_what_does_not_finish_in_time_is_dropped_at_the_close(make_queue: MakeQueue) -> None:
    encoder = FakeEncoder()
    queue = make_queue(encoder)
    first, waiting = await busy(queue, encoder), await start(queue, "waiting")
    await asyncio.to_thread(queue.close, 0)
    with pytest.raises(ShuttingDownError):
        await waiting
    encoder.release()
    await first
