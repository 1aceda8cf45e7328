"""kill -9 of the processes behind `lookalike serve` under load: each request is answered right, or told to wait."""

import asyncio
import os
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from models.pictures import PictureLimits
from service.decode import WorkHere
from tests.children_of import children_of
from tests.fakes.tiny_bundle import make_tiny_bundle
from tests.server_process import ServerProcess
from tests.slow.encoder.questions import Alone
from tests.slow.encoder.traffic import Traffic
from tests.slow.encoder.watching import restarts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

KILLS = 50
BETWEEN = 20
"""Answers between two kills."""
CALLERS = 16
# The machine may be slow; what is tried here is not how fast it is.
SETTINGS = {
    "LOOKALIKE_ENGINE": "onnxruntime",
    "LOOKALIKE_SEARCH_DEADLINE_S": "60",
    "LOOKALIKE_DECODE_LIMIT_S": "60",
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    running = ServerProcess(tmp_path, SETTINGS)
    yield running
    running.stop_if_running()


@pytest.fixture
def alone(tmp_path: Path) -> Alone:
    return Alone(make_tiny_bundle(tmp_path / "bundles"), WorkHere(PictureLimits()))


@pytest.mark.parametrize("victims", [["encoder"], ["decode"], ["encoder", "canary"]], ids=" and ".join)
async def test_no_accepted_request_is_lost(alone: Alone, server: ServerProcess, victims: Sequence[str]) -> None:
    killed: list[int] = []
    async with Traffic(server.url, alone.good_ones(), CALLERS) as traffic:
        try:
            for number in range(KILLS // len(victims)):
                await traffic.answers(BETWEEN)
                for victim in victims:
                    killed.append(await _kill(server.process.pid, victim, killed, at_work=number % 2 == 0))
            await traffic.answers(BETWEEN)
        finally:
            traffic.stop()
    assert traffic.tally.wrong == []
    assert traffic.tally.answered >= KILLS * BETWEEN // len(victims)
    assert restarts(server.url) == dict.fromkeys(victims, KILLS // len(victims))
    assert server.stop() == 0


async def _kill(parent: int, name: str, before: Sequence[int], at_work: bool) -> int:
    """One that lives and was not killed yet: perhaps one that is only starting. `at_work`: first it is stopped, until
    whoever calls it waits for it; runs of the tiny model are so short that chance would meet few."""
    async with asyncio.timeout(60):
        while not (living := set(children_of(parent, name)) - set(before)):  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)
    victim = min(living)
    if at_work:
        os.kill(victim, signal.SIGSTOP)
        await asyncio.sleep(0.1)
    os.kill(victim, signal.SIGKILL)
    return victim
