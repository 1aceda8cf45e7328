"""From one entry to its answer: read it, encode it, and hand the answer over once. Knows no reader and no signal."""

import asyncio
import time
from collections.abc import Mapping

import structlog

from models.errors import ModelError
from service.errors import (
    DeadlineExceededError,
    EncoderCrashedError,
    NotReadyError,
    ServiceError,
    ShuttingDownError,
)
from service.metrics import Metrics
from service.queue import Encoded, EncodeQueue
from service.queue.codec import Task, decode_task, encode_answer
from service.queue.redis import Entry, Inbox, Link
from service.tracing import NO_TRACING, Tracing
from service.types import Clock, Deadline

_HAND_OVER_S = 30.0
"""How long an answer is offered while Redis is away; whoever waited has left by then."""
_log = structlog.get_logger("worker")


class ServerClock:
    """The clock of the Redis server, by which entries are dated: hosts need not agree on the time."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._ahead_ms = 0.0

    def set(self, server_ms: int) -> None:
        self._ahead_ms = server_ms - self._clock() * 1000.0

    def waited_s(self, entry: Entry) -> float:
        """Since it was submitted."""
        return max(0.0, self._clock() * 1000.0 + self._ahead_ms - entry.sent_ms) / 1000.0

    def deadline(self, entry: Entry, budget_ms: int) -> Deadline:
        return Deadline.after(budget_ms / 1000.0 - self.waited_s(entry), self._clock)


class Answering:
    """`answer` each entry in a task of its own."""

    def __init__(
        self,
        queue: EncodeQueue,
        bundles: Mapping[str, str],
        inbox: Inbox,
        link: Link,
        clock: ServerClock,
        metrics: Metrics,
        max_deliveries: int,
        tracing: Tracing = NO_TRACING,
    ) -> None:
        """`bundles`: each model of this worker to the identity of its bundle."""
        self._queue = queue
        self._bundles = bundles
        self._inbox = inbox
        self._link = link
        self._clock = clock
        self._metrics = metrics
        self._max_deliveries = max_deliveries
        self._tracing = tracing

    async def answer(self, entry: Entry) -> None:
        """An entry that this worker may not finish any more stays in its name, to be given back."""
        cost_us = 0
        self._metrics.worker_wait_seconds.labels(entry.lane).observe(self._clock.waited_s(entry))
        outcome: Encoded | Exception
        try:
            task = self._task(entry)
            cost_us = task.cost_us
            with self._tracing.incoming("work", task.trace, {"lane": entry.lane, "deliveries": entry.deliveries}):
                outcome = await self._outcome(entry, task)
        except ShuttingDownError:
            return
        except (ServiceError, ModelError) as exc:
            outcome = exc
        except Exception as exc:  # noqa: BLE001 - the rim of an entry: whatever it raises must be answered
            _log.exception("an input could not be answered", lane=entry.lane)
            outcome = exc
        await self._hand_over(entry, cost_us, encode_answer(outcome))

    def _task(self, entry: Entry) -> Task:
        if entry.deliveries > self._max_deliveries:
            raise EncoderCrashedError(
                f"{entry.deliveries - 1} workers died or stalled while they had this input: leave it out"
            )
        return decode_task(entry.task)

    async def _outcome(self, entry: Entry, task: Task) -> Encoded:
        if self._bundles.get(task.model) != task.bundle:
            raise NotReadyError(
                f"a worker has no bundle {task.model!r} like the gateway's: give all the same bundles and precision"
            )
        deadline = self._clock.deadline(entry, task.budget_ms)
        if deadline.is_expired:
            self._metrics.queue_dropped.labels(entry.lane, task.model, "expired").inc()
            raise DeadlineExceededError("no worker was free in time: try again, or send less at a time")
        return await self._queue.encode(task.model, task.content, entry.lane, deadline)

    async def _hand_over(self, entry: Entry, cost_us: int, answer: bytes) -> None:
        try:
            async with asyncio.timeout(_HAND_OVER_S):
                is_first = await self._link.retried(lambda: self._inbox.finish(entry, cost_us, answer), lambda: None)
        except TimeoutError:
            is_first = False
        self._metrics.worker_answers.labels("answered" if is_first else "unwanted").inc()
