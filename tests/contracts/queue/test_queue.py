"""What every encode queue does, whatever carries the work."""

import asyncio
import threading

import numpy as np
import pytest

from models.errors import TextError
from service.errors import DeadlineExceededError, EncoderFailedError, OverloadedError, ShuttingDownError
from service.queue import Lane
from service.types import Deadline
from tests.contracts.queue.conftest import Bench, MakeBench, eventually
from tests.fakes.encoder import FakeEncoder

SOON = Deadline.after(3600)  # made when the test is collected, long before it may run


async def busy(bench: Bench, encoder: FakeEncoder) -> "asyncio.Task[object]":
    """Occupy the only worker until the encoder is released."""
    encoder.hold()
    task = asyncio.ensure_future(bench.queue.encode("tiny", "occupies", "interactive", SOON))
    await asyncio.to_thread(encoder.asked.wait, 30)
    return task  # type: ignore[return-value]


async def start(bench: Bench, text: str, lane: Lane = "interactive") -> "asyncio.Task[object]":
    """Submit and let the submission happen."""
    task = asyncio.ensure_future(bench.queue.encode("tiny", text, lane, SOON))
    await bench.accepted(1)
    return task  # type: ignore[return-value]


def figures_of(bench: Bench) -> tuple[int, int, int, int]:
    figures = bench.queue.figures()
    return figures.workers, figures.running, figures.waiting_interactive, figures.waiting_bulk


async def test_texts_and_pictures_come_back_as_their_vectors(make_bench: MakeBench) -> None:
    encoder = FakeEncoder()
    bench = await make_bench(encoder)
    text = await bench.queue.encode("tiny", "red shoe", "interactive", SOON)
    assert text.vector == pytest.approx(encoder.vector(b"red shoe"))
    assert (text.token_count, text.is_truncated) == (2, False)
    pixels = np.full((32, 32, 3), 7, dtype=np.uint8)
    assert (await bench.queue.encode("tiny", pixels, "bulk", SOON)).vector == pytest.approx(
        encoder.vector(pixels.tobytes())
    )


async def test_a_truncated_text_says_so(make_bench: MakeBench) -> None:
    assert (await (await make_bench(FakeEncoder())).queue.encode("tiny", "x " * 100, "bulk", SOON)).is_truncated


async def test_each_of_many_gets_its_own_answer(make_bench: MakeBench) -> None:
    encoder = FakeEncoder()
    bench = await make_bench(encoder, workers=3, room=100, max_rows=4)
    texts = [f"text {n}" for n in range(60)]
    answers = await asyncio.gather(*(bench.queue.encode("tiny", text, "bulk", SOON) for text in texts))
    for text, answer in zip(texts, answers, strict=True):
        assert answer.vector == pytest.approx(encoder.vector(text.encode()))


async def test_interactive_goes_before_bulk_that_waited_longer(make_bench: MakeBench) -> None:
    encoder = FakeEncoder()
    bench = await make_bench(encoder)
    tasks = [await busy(bench, encoder)]
    tasks += [await start(bench, "bulk 1", "bulk"), await start(bench, "bulk 2", "bulk"), await start(bench, "urgent")]
    encoder.release()
    await asyncio.gather(*tasks)
    assert encoder.runs == [["occupies"], ["urgent"], ["bulk 1"], ["bulk 2"]]


async def test_a_full_lane_refuses_at_once_and_the_other_lane_does_not_notice(make_bench: MakeBench) -> None:
    encoder = FakeEncoder()
    bench = await make_bench(encoder, room=2)
    tasks = [await busy(bench, encoder), await start(bench, "one"), await start(bench, "two")]
    with pytest.raises(OverloadedError) as refused:
        await bench.queue.encode("tiny", "three", "interactive", SOON)
    assert refused.value.retry_after_s >= 1
    tasks.append(await start(bench, "four", "bulk"))
    encoder.release()
    await asyncio.gather(*tasks)
    assert ["three"] not in encoder.runs


async def test_abandoned_work_is_never_encoded_and_makes_room(make_bench: MakeBench) -> None:
    encoder = FakeEncoder()
    bench = await make_bench(encoder, room=1)
    first, abandoned = await busy(bench, encoder), await start(bench, "abandoned")
    abandoned.cancel()
    with pytest.raises(asyncio.CancelledError):
        await abandoned
    await bench.dropped(1)
    instead = await start(bench, "instead")
    encoder.release()
    await asyncio.gather(first, instead)
    assert encoder.runs == [["occupies"], ["instead"]]


async def test_work_past_its_deadline_is_never_encoded(make_bench: MakeBench) -> None:
    encoder = FakeEncoder()
    bench = await make_bench(encoder)
    first = await busy(bench, encoder)
    with pytest.raises(DeadlineExceededError):
        await bench.queue.encode("tiny", "late", "interactive", Deadline.after(0))
    encoder.release()
    await first
    await bench.queue.encode("tiny", "next", "interactive", SOON)
    assert encoder.runs == [["occupies"], ["next"]]


@pytest.mark.parametrize("max_rows", [1, 8])
async def test_poison_fails_alone(make_bench: MakeBench, max_rows: int) -> None:
    encoder = FakeEncoder(poison=["poison"])
    bench = await make_bench(encoder, room=10, max_rows=max_rows)
    tasks = [await busy(bench, encoder)]
    tasks += [await start(bench, text) for text in ("good 1", "poison", "good 2", "")]
    encoder.release()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result).__name__ for result in results] == [
        "Encoded", "Encoded", "EncoderFailedError", "Encoded", "TextError",
    ]  # fmt: skip
    assert isinstance(results[2], EncoderFailedError)
    assert isinstance(results[4], TextError)


async def test_models_are_kept_apart(make_bench: MakeBench) -> None:
    from tests.fakes.tiny_bundle import tiny_manifest

    one, other = FakeEncoder(), FakeEncoder(tiny_manifest("other"))
    bench = await make_bench(one, other, workers=2, max_rows=4)
    await asyncio.gather(
        bench.queue.encode("tiny", "a", "interactive", SOON), bench.queue.encode("other", "b", "interactive", SOON)
    )
    assert (one.runs, other.runs) == ([["a"]], [["b"]])


async def test_the_figures_tell_what_waits_and_runs(make_bench: MakeBench) -> None:
    encoder = FakeEncoder()
    bench = await make_bench(encoder, room=9)
    tasks = [await busy(bench, encoder), await start(bench, "a"), await start(bench, "b", "bulk")]
    await eventually(lambda: figures_of(bench) == (1, 1, 1, 1))
    assert bench.queue.figures().capacity_bulk == 9
    encoder.release()
    await asyncio.gather(*tasks)
    await eventually(lambda: figures_of(bench) == (1, 0, 0, 0))


async def test_closing_finishes_accepted_work_and_refuses_new(make_bench: MakeBench) -> None:
    encoder = FakeEncoder()
    bench = await make_bench(encoder)
    tasks = [await busy(bench, encoder), await start(bench, "accepted")]
    closing = threading.Thread(target=bench.queue.close, args=(30,))
    closing.start()
    encoder.release()
    await asyncio.gather(*tasks)
    await asyncio.to_thread(closing.join, 30)
    assert encoder.runs == [["occupies"], ["accepted"]]
    with pytest.raises(ShuttingDownError):
        await bench.queue.encode("tiny", "new", "interactive", SOON)


async def test_what_does_not_finish_in_time_is_dropped_at_the_close(make_bench: MakeBench) -> None:
    encoder = FakeEncoder()
    bench = await make_bench(encoder)
    first, waiting = await busy(bench, encoder), await start(bench, "waiting")
    await asyncio.to_thread(bench.queue.close, 0)
    with pytest.raises(ShuttingDownError):
        await waiting
    encoder.release()
    await asyncio.gather(first, return_exceptions=True)  # it runs: a transport may still bring its vector
