"""The queue of this process: batches by cost, admission by time, failures that stay with the guilty input."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import pytest
import structlog

from models.errors import TextError
from service.batching import CostCurve
from service.errors import (
    DeadlineExceededError,
    EncoderFailedError,
    InputQuarantinedError,
    MiscountError,
    OverloadedError,
)
from service.metrics import Metrics
from service.queue import Encoded, Group, Lane, LocalQueue
from service.types import Deadline
from tests.fakes.clock import FakeClock
from tests.fakes.runner import FakeRunner, encoded

SOON = Deadline.after(3600)  # made when the test is collected, long before it may run
TEXT = Group("tiny", "text")
GPU = {TEXT: CostCurve.of({1: 10.0, 2: 11.0, 4: 12.0, 8: 14.0})}
CPU = {TEXT: CostCurve.of({1: 100.0, 2: 200.0, 4: 400.0, 8: 800.0})}


class Bench:
    """One queue over one runner, and what was submitted to it."""

    def __init__(self, runner: FakeRunner, queue: LocalQueue, metrics: Metrics, clock: FakeClock) -> None:
        self.runner, self.queue, self.metrics, self.clock = runner, queue, metrics, clock
        self.tasks: list[asyncio.Task[Encoded]] = []

    async def submit(self, *texts: str, lane: Lane = "interactive", deadline: Deadline = SOON) -> None:
        for text in texts:
            self.tasks.append(asyncio.ensure_future(self.queue.encode("tiny", text, lane, deadline)))
        await asyncio.sleep(0)

    async def occupy(self, count: int = 1) -> None:
        """Fill workers with runs of one that go on until `finish`."""
        self.runner.hold()
        for n in range(count):
            await self.submit(f"occupies {n}")
            await asyncio.to_thread(self.runner.begun.acquire)

    async def finish(self) -> list[Encoded | BaseException]:
        self.runner.release()
        return await asyncio.gather(*self.tasks, return_exceptions=True)

    def counted(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(f"lookalike_{name}", labels) or 0.0


Make = Callable[..., Bench]


@pytest.fixture
def make() -> Iterator[Make]:
    """Makes queues, and closes them; what they log of failures is not shown."""
    made: list[Bench] = []

    def bench(curves: Mapping[Group, CostCurve] | None = None, workers: int = 1, room: int = 1000) -> Bench:
        clock, metrics = FakeClock(), Metrics()
        runner = FakeRunner()
        capacity: Mapping[Lane, int] = {"interactive": room, "bulk": room}
        made.append(Bench(runner, LocalQueue(runner, metrics, workers, capacity, curves, clock=clock), metrics, clock))
        return made[-1]

    with structlog.testing.capture_logs():
        yield bench
    for one in made:
        one.runner.release()
        one.queue.close(10)


async def test_what_waits_shares_a_run_where_that_pays(make: Make) -> None:
    bench = make(GPU)
    await bench.occupy()
    texts = [f"text {n}" for n in range(20)]
    await bench.submit(*texts)
    answers = await bench.finish()
    assert [len(run) for run in bench.runner.runs] == [1, 8, 8, 4]
    assert [float(one.vector[0]) for one in answers[1:] if isinstance(one, Encoded)] == [len(text) for text in texts]


async def test_after_a_run_of_several_the_next_inputs_are_gathered_for_a_moment(make: Make) -> None:
    bench = make({TEXT: CostCurve.of({1: 100_000.0, 2: 110_000.0})})
    await bench.occupy()
    await bench.submit("a", "b")
    await bench.finish()
    await bench.submit("c")
    await asyncio.sleep(0.05)
    assert bench.runner.runs == [["occupies 0"], ["a", "b"]]
    await bench.submit("d")
    await bench.finish()
    assert bench.runner.runs[2:] == [["c", "d"]]


async def test_nothing_is_gathered_after_a_run_of_one(make: Make) -> None:
    bench = make({TEXT: CostCurve.of({1: 100_000.0, 2: 110_000.0})})
    await bench.submit("a")
    await bench.finish()
    await bench.submit("b")
    await asyncio.wait_for(bench.finish(), timeout=5)  # gathering would take ten seconds
    assert bench.runner.runs == [["a"], ["b"]]


async def test_what_waits_runs_one_by_one_where_batches_bring_nothing(make: Make) -> None:
    bench = make(CPU)
    await bench.occupy()
    await bench.submit("a", "b", "c")
    await bench.finish()
    assert bench.runner.runs[1:] == [["a"], ["b"], ["c"]]


async def test_bulk_work_takes_the_places_that_would_be_padding(make: Make) -> None:
    bench = make(GPU)
    await bench.occupy()
    await bench.submit(*(f"bulk {n}" for n in range(4)), lane="bulk")
    await bench.submit("a", "b", "c")
    await bench.finish()
    assert bench.runner.runs[1:] == [["a", "b", "c", "bulk 0"], ["bulk 1", "bulk 2", "bulk 3"]]


async def test_a_run_of_bulk_work_is_no_longer_than_its_limit(make: Make) -> None:
    """So that an interactive input that comes a moment later waits for no more than that."""
    bench = make({TEXT: CostCurve.of({1: 60.0, 2: 65.0, 4: 90.0, 8: 130.0})})
    await bench.occupy()
    await bench.submit(*(f"bulk {n}" for n in range(8)), lane="bulk")
    await bench.finish()
    assert [len(run) for run in bench.runner.runs[1:]] == [4, 4]


async def test_a_run_may_take_as_long_as_the_queue_takes_anyway(make: Make) -> None:
    curves = {TEXT: CostCurve.of({1: 200.0, 2: 300.0, 4: 400.0})}
    for waiting, runs in ((8, [4, 4]), (1, [1])):
        bench = make(curves)
        await bench.occupy()
        await bench.submit(*(f"text {n}" for n in range(waiting)))
        await bench.finish()
        assert [len(run) for run in bench.runner.runs[1:]] == runs


async def test_interactive_work_waits_for_one_run_of_bulk_work_at_most(make: Make) -> None:
    bench = make(GPU, workers=2)
    await bench.occupy(2)
    await bench.submit(*(f"bulk {n}" for n in range(100)), lane="bulk")
    await bench.submit("urgent")
    await bench.finish()
    assert "urgent" in [run[0] for run in bench.runner.runs[2:4]]


async def test_a_tight_deadline_makes_a_smaller_run(make: Make) -> None:
    bench = make({TEXT: CostCurve.of({1: 1_000.0, 4: 100_000.0})})
    await bench.occupy()
    await bench.submit("a", "b", "c", "d", deadline=Deadline.after(50))
    await bench.finish()
    assert bench.runner.runs[1:] == [["a"], ["b"], ["c"], ["d"]]


async def test_one_behind_for_whom_a_run_is_too_long_does_not_take_the_place_of_another(make: Make) -> None:
    bench = make({TEXT: CostCurve.of({1: 1_000.0, 2: 1_100.0})})
    await bench.occupy()
    clock = FakeClock()
    await bench.submit("a", "b")
    await bench.submit("hasty", deadline=Deadline.after(60, clock))
    clock.advance(58.95)  # enough for a run of one, and for no other
    bench.clock.advance(1.0)  # what a run of one was said to take
    await bench.finish()
    assert bench.runner.runs[1:] == [["a", "b"], ["hasty"]]


async def test_a_backlog_that_would_miss_the_deadline_is_refused_with_the_time_to_come_back(make: Make) -> None:
    bench = make({TEXT: CostCurve.of({1: 1_000.0})})
    await bench.occupy()
    await bench.submit(*(f"text {n}" for n in range(20)))
    with pytest.raises(OverloadedError) as refused:
        await bench.queue.encode("tiny", "late", "interactive", Deadline.after(10, FakeClock()))
    assert refused.value.retry_after_s == 12  # 1 s runs, 20 s wait, 1 s of its own, and 10 s were given
    assert bench.counted("admission_refused_total", lane="interactive", reason="backlog") == 1
    assert await asyncio.gather(
        asyncio.wait_for(bench.finish(), 30), bench.queue.encode("tiny", "in time", "interactive", Deadline.after(60))
    )


async def test_bulk_work_is_no_reason_to_refuse_interactive_work(make: Make) -> None:
    bench = make({TEXT: CostCurve.of({1: 1_000.0})})
    await bench.occupy()
    await bench.submit(*(f"bulk {n}" for n in range(50)), lane="bulk")
    await bench.submit("urgent", deadline=Deadline.after(30))
    with pytest.raises(OverloadedError):
        await bench.queue.encode("tiny", "more", "bulk", Deadline.after(30))
    assert bench.queue.estimate(TEXT, "interactive").wait_ms == pytest.approx(2_000)
    assert bench.queue.estimate(TEXT, "bulk").wait_ms == pytest.approx(52_000)
    await bench.finish()
    assert bench.runner.runs[1] == ["urgent"]


async def test_the_estimate_counts_workers_room_and_what_runs(make: Make) -> None:
    bench = make(CPU, workers=2, room=10)
    assert bench.queue.estimate(TEXT, "interactive").wait_ms == 0
    await bench.occupy(2)
    await bench.submit("a", "b", "c")
    bench.clock.advance(0.06)
    estimate = bench.queue.estimate(TEXT, "interactive")
    assert estimate.wait_ms == pytest.approx((2 * 40 + 3 * 100) / 2)
    assert (estimate.room, estimate.run_ms, estimate.share_ms) == (7, 100.0, 50.0)
    await bench.finish()


async def test_what_cannot_end_in_time_gives_way_to_what_can(make: Make) -> None:
    bench = make({TEXT: CostCurve.of({1: 5_000.0})})
    await bench.occupy()
    clock = FakeClock()
    await bench.submit("hasty", deadline=Deadline.after(60, clock))
    await bench.submit("patient")
    clock.advance(57)
    results = await bench.finish()
    assert isinstance(results[1], DeadlineExceededError)
    assert ["hasty"] not in bench.runner.runs
    assert bench.counted("queue_dropped_total", lane="interactive", model="tiny", reason="late") == 1


async def test_the_last_one_is_tried_whatever_it_is_thought_to_cost(make: Make) -> None:
    bench = make({TEXT: CostCurve.of({1: 5_000_000.0})})
    await bench.submit("text", deadline=Deadline.after(60))
    results = await bench.finish()
    assert isinstance(results[0], Encoded)


async def test_who_leaves_gives_its_room_back_at_once_and_is_counted(make: Make) -> None:
    bench = make(room=2)
    await bench.occupy()
    await bench.submit("a", "b")
    bench.tasks[1].cancel()
    await asyncio.wait({bench.tasks[1]})
    assert bench.queue.figures().waiting_interactive == 1
    assert bench.counted("queue_dropped_total", lane="interactive", model="tiny", reason="abandoned") == 1
    await bench.submit("c")
    await bench.finish()
    assert bench.runner.runs[1:] == [["b"], ["c"]]


@pytest.mark.parametrize(("word", "error"), [("bad", TextError), ("broken", EncoderFailedError)])
@pytest.mark.parametrize("guilty", [[0], [7], [3], [2, 5], list(range(8))])
async def test_a_failed_run_is_halved_until_the_guilty_inputs_are_alone(
    make: Make, word: str, error: type[Exception], guilty: Sequence[int]
) -> None:
    bench = make(GPU)
    await bench.occupy()
    texts = [f"{word} {n}" if n in guilty else f"good {n}" for n in range(8)]
    await bench.submit(*texts)
    results = (await bench.finish())[1:]
    for n, (text, result) in enumerate(zip(texts, results, strict=True)):
        if n in guilty:
            assert isinstance(result, error)
        else:
            assert isinstance(result, Encoded) and (result.vector == encoded(text).vector).all()
    assert bench.counted("encode_splits_total", model="tiny") >= 3
    if len(guilty) == 1:
        assert len(bench.runner.runs) == 1 + 1 + 2 * 3  # log2(8) halvings, not eight runs of one


async def test_after_a_crash_each_is_tried_alone(make: Make) -> None:
    bench = make(GPU)
    await bench.occupy()
    await bench.submit("beside 1", "crash 2", "good 3")
    results = (await bench.finish())[1:]
    assert [type(result) for result in results] == [Encoded, InputQuarantinedError, Encoded]
    assert bench.runner.alone == ["beside 1", "crash 2", "good 3"]
    assert bench.counted("encode_crashes_total", model="tiny") == 1
    assert bench.counted("encode_failures_total", model="tiny", reason="quarantined") == 1


async def test_what_is_known_to_crash_is_refused_before_it_waits(make: Make) -> None:
    bench = make()
    bench.runner.quarantined.add("crash 1")
    with pytest.raises(InputQuarantinedError):
        await bench.queue.encode("tiny", "crash 1", "interactive", SOON)
    assert bench.runner.runs == []
    assert bench.counted("encode_failures_total", model="tiny", reason="quarantined") == 1


async def test_another_number_of_answers_than_inputs_is_used_for_none(make: Make) -> None:
    bench = make(GPU)
    await bench.occupy()
    await bench.submit("many 1", "good 2")
    results = (await bench.finish())[1:]
    assert [type(result) for result in results] == [MiscountError] * 2
    assert all(isinstance(result, EncoderFailedError) for result in results)
    assert bench.counted("encode_failures_total", model="tiny", reason="miscount") == 2
    assert len(bench.runner.runs) == 2


async def test_a_runner_that_is_busy_is_not_searched_for_a_guilty_input(make: Make) -> None:
    bench = make(GPU)
    await bench.occupy()
    await bench.submit("busy 1", "good 2")
    results = (await bench.finish())[1:]
    assert [type(result) for result in results] == [OverloadedError] * 2
    assert len(bench.runner.runs) == 2


async def test_towers_and_models_do_not_share_a_run(make: Make) -> None:
    bench = make(GPU)
    await bench.occupy()
    await bench.submit("a", "b")
    other = asyncio.ensure_future(bench.queue.encode("other", "c", "interactive", SOON))
    picture = np.zeros((2, 2, 3), dtype=np.uint8)
    pixels = asyncio.ensure_future(bench.queue.encode("tiny", picture, "interactive", SOON))
    await asyncio.sleep(0)
    await bench.finish()
    await asyncio.gather(other, pixels)
    assert bench.runner.runs[1:] == [["a", "b"], ["c"], ["picture"]]


async def test_runs_and_waits_are_measured_by_lane_and_tower(make: Make) -> None:
    bench = make(GPU)
    await bench.occupy()
    await bench.submit("a", "b", lane="bulk")
    await bench.finish()
    await asyncio.to_thread(bench.queue.close, 10)  # a run is noted after its answers
    assert bench.counted("queue_wait_seconds_count", lane="bulk", model="tiny") == 2
    assert bench.counted("encode_seconds_count", model="tiny", tower="text") == 2
    assert bench.counted("encode_batch_rows_sum", model="tiny", tower="text") == 3
    assert bench.counted("encoded_total", model="tiny", tower="text") == 3


async def test_ten_thousand_wait_and_leave(make: Make) -> None:
    bench = make(GPU, room=20_000)
    await bench.occupy()
    await bench.submit(*map(str, range(10_000)), lane="bulk")
    for task in bench.tasks[1::2]:
        task.cancel()
    await asyncio.wait(bench.tasks[1::2])
    assert bench.queue.figures().waiting_bulk == 5_000
    answers = await bench.finish()
    assert sum(isinstance(answer, Encoded) for answer in answers) == 5_001


async def test_the_figures_tell_how_long_nothing_has_begun(make: Make) -> None:
    bench = make(workers=2)
    assert bench.queue.figures().newest_run_s == 0.0
    await bench.occupy()
    bench.clock.advance(3.0)
    assert bench.queue.figures().newest_run_s == 3.0
    await bench.occupy()
    assert bench.queue.figures().newest_run_s == 0.0
    await bench.finish()
