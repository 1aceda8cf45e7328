"""A gateway under load: many callers, each asks again as soon as it was answered, and every answer is checked."""

import asyncio
import itertools
from dataclasses import dataclass, field

import numpy as np

from models.encoder import OnnxEncoder
from service.errors import ServiceError
from service.metrics import Metrics
from service.queue import EncodeQueue
from service.types import Deadline

DEADLINE_S = 30.0
CALLERS = 16


@dataclass
class Tally:
    """What became of the requests."""

    answered: int = 0
    refused: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


class Load:
    """`async with Load(…) as tally: …` stops asking at the end, and waits for what was asked."""

    def __init__(self, queue: EncodeQueue, encoder: OnnxEncoder) -> None:
        self._queue = queue
        self._encoder = encoder
        self._numbers = itertools.count()
        self._is_over = False
        self._changed = asyncio.Event()
        self.tally = Tally()
        self._callers: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Load":
        self._callers = [asyncio.ensure_future(self._call()) for _ in range(CALLERS)]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._is_over = True
        await asyncio.gather(*self._callers)

    async def answers(self, more: int) -> None:
        """Wait until so many more requests were answered."""
        goal = self.tally.answered + more
        async with asyncio.timeout(120):
            while self.tally.answered < goal:
                self._changed.clear()
                await self._changed.wait()

    async def _call(self) -> None:
        while not self._is_over:
            await self._ask(f"red shoe number {next(self._numbers)}")

    async def _ask(self, text: str) -> None:
        try:
            answer = await self._queue.encode("tiny", text, "interactive", Deadline.after(DEADLINE_S))
        except ServiceError as exc:
            (self.tally.refused if _is_503(exc) else self.tally.failed).append(f"{type(exc).__name__}: {exc}")
            await asyncio.sleep(0.01)  # as Retry-After asks, only shorter
            return
        expected = self._encoder.encode_texts([text]).vectors[0]
        if not np.allclose(answer.vector, expected, atol=1e-6):
            self.tally.wrong.append(text)
        self.tally.answered += 1
        self._changed.set()


def _is_503(error: ServiceError) -> bool:
    from service.errors import entry_for

    return entry_for(error).status == 503


def replies(metrics: Metrics, outcome: str) -> float:
    """How many answers of that kind came over Redis."""
    return metrics.registry.get_sample_value("lookalike_queue_replies_total", {"outcome": outcome}) or 0.0


def check(tally: Tally) -> None:
    assert tally.wrong == [] and tally.failed == []
