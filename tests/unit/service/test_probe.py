"""Busy is not the same as standing still."""

from dataclasses import replace

import pytest

from models.arrays import Pixels
from service.errors import DeadlineExceededError, OverloadedError
from service.pipeline.probe import probe
from service.queue import Encoded, Estimate, Group, Lane
from service.types import Check, Deadline, QueueFigures
from tests.fakes.tiny_manifest import tiny_manifest

BUSY = QueueFigures(
    workers=2,
    running=2,
    waiting_interactive=9,
    waiting_bulk=0,
    capacity_interactive=9,
    capacity_bulk=9,
    encode_ms=8.0,
    newest_run_s=0.5,
)


class NoAnswer:
    """A queue that never answers in time."""

    def __init__(self, error: Exception, figures: QueueFigures) -> None:
        self._error, self._figures = error, figures

    async def encode(self, model: str, content: str | Pixels, lane: Lane, deadline: Deadline) -> Encoded:
        raise self._error

    def estimate(self, group: Group, lane: Lane) -> Estimate:
        raise AssertionError

    def figures(self) -> QueueFigures:
        return self._figures

    def close(self, grace_s: float) -> None: ...


async def check(error: Exception, figures: QueueFigures) -> Check:
    return await probe(NoAnswer(error, figures), tiny_manifest(), Deadline.after(60))


@pytest.mark.parametrize("error", [OverloadedError("full"), DeadlineExceededError("late")])
async def test_a_queue_that_moves_is_busy_and_one_whose_runs_all_hang_is_not(error: Exception) -> None:
    assert await check(error, BUSY) == Check("model tiny", True, "busy")
    assert await check(error, replace(BUSY, newest_run_s=6.0)) == Check("model tiny", False, str(error))
    assert await check(error, replace(BUSY, running=0, newest_run_s=0.0)) == Check("model tiny", False, str(error))
