"""What the runner with child processes does when an encoder dies: real processes, real signals."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import structlog

from service.errors import EncoderCrashedError, InputQuarantinedError, ShuttingDownError
from service.queue.child_runner import ChildRunner
from tests.contracts.runner.children import child_runner
from tests.fakes.crashing_encoder import CRASH, CRASH_ONCE, EXIT, HANG
from tests.fakes.encoder import FakeEncoder


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with structlog.testing.capture_logs():
        yield


@pytest.fixture
def runner() -> Iterator[ChildRunner]:
    made = child_runner()
    yield made
    made.close()


@pytest.mark.parametrize("poison", [CRASH, EXIT])
def test_the_culprit_is_quarantined_and_its_neighbours_are_answered(runner: ChildRunner, poison: str) -> None:
    batch = ["before", poison, "behind"]
    with pytest.raises(EncoderCrashedError):
        runner.run("tiny", batch)
    for neighbour in ("before", "behind"):
        answer = runner.run_alone("tiny", neighbour)
        assert answer.vector == pytest.approx(FakeEncoder().vector(neighbour.encode()))
    with pytest.raises(InputQuarantinedError):
        runner.run_alone("tiny", poison)
    with pytest.raises(InputQuarantinedError):
        runner.refuse_quarantined("tiny", poison)
    with pytest.raises(InputQuarantinedError):
        runner.run("tiny", batch)
    assert len(runner.run("tiny", ["before", "behind"])) == 2


def test_who_crashed_it_once_gets_the_answer_of_the_second_attempt(runner: ChildRunner, tmp_path: Path) -> None:
    text = CRASH_ONCE + str(tmp_path / "trace")
    assert runner.run_alone("tiny", text).vector == pytest.approx(FakeEncoder().vector(text.encode()))
    runner.refuse_quarantined("tiny", text)


def test_a_suspect_never_comes_near_the_encoder_of_the_others(runner: ChildRunner) -> None:
    with pytest.raises(EncoderCrashedError):
        runner.run("tiny", [CRASH])
    assert runner.run("tiny", ["good"])
    before = runner.encoder_pid
    with pytest.raises(EncoderCrashedError):
        runner.run("tiny", ["good", CRASH])
    assert runner.encoder_pid == before


def test_who_was_answered_alone_may_share_a_batch_again(runner: ChildRunner) -> None:
    with pytest.raises(EncoderCrashedError):
        runner.run("tiny", ["good", CRASH])
    runner.run_alone("tiny", "good")
    assert len(runner.run("tiny", ["good", "other"])) == 2


def test_a_batch_that_hangs_is_a_crash() -> None:
    runner = child_runner(limit_s=1.0)
    try:
        with pytest.raises(EncoderCrashedError):
            runner.run("tiny", [HANG])
        with pytest.raises(InputQuarantinedError):
            runner.run_alone("tiny", HANG)
        assert runner.run("tiny", ["good"])
    finally:
        runner.close()


def test_killed_from_outside_it_answers_everything(runner: ChildRunner) -> None:
    """As the queue does it: what was in a crash is asked again, alone."""

    def answer(text: str) -> bool:
        try:
            (encoded,) = runner.run("tiny", [text])
        except EncoderCrashedError:
            encoded = runner.run_alone("tiny", text)
        return bool(encoded.vector == pytest.approx(FakeEncoder().vector(text.encode())))

    with ThreadPoolExecutor(4) as pool:
        for round_ in range(5):
            answers = [pool.submit(answer, f"text {round_} {n}") for n in range(40)]
            pid = runner.encoder_pid
            if pid is not None:
                os.kill(pid, signal.SIGKILL)
            assert all(one.result(60) for one in answers)


def test_a_closed_runner_refuses(runner: ChildRunner) -> None:
    runner.close()
    with pytest.raises(ShuttingDownError):
        runner.run("tiny", ["late"])
    with pytest.raises(ShuttingDownError):
        runner.run_alone("tiny", "late")
