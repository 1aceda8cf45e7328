"""The encode queue inside this process: two bounded lanes and a pool of threads that own the encoder runs.

On a CPU several runs of one thread beat one run of several (docs/benchmarks.md), so each worker thread makes
runs of its own. What to take next is a pure function that is passed in (`service.batching`).
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from models.errors import ModelError
from service.errors import (
    DeadlineExceededError,
    EncoderCrashedError,
    OverloadedError,
    ShuttingDownError,
)
from service.metrics import Metrics
from service.pacing import within
from service.queue.port import Content, Encoded, Lane, Runner
from service.types import Deadline, QueueFigures

_LATE = "the encoder was not free in time: try again, or send less at a time"
_SMOOTHING = 0.1
_log = structlog.get_logger("queue")


@dataclass(frozen=True, eq=False)
class Ticket:
    """One input that waits. `eq=False`: a ticket is itself, whatever it holds."""

    model: str
    content: Content
    deadline: Deadline
    future: "Future[Encoded]" = field(default_factory=Future)

    @property
    def group(self) -> tuple[str, bool]:
        """Only tickets of one group may share a run: one model, one tower."""
        return self.model, isinstance(self.content, str)

    @property
    def is_wanted(self) -> bool:
        return not (self.future.cancelled() or self.deadline.is_expired)


@dataclass(frozen=True)
class Choice:
    """What a policy decided: the tickets of the next run, and those that nobody waits for any more."""

    run: Sequence[Ticket]
    dropped: Sequence[Ticket]


class Policy(Protocol):
    def __call__(self, lanes: Sequence[Sequence[Ticket]]) -> Choice:
        """Choose among the waiting tickets, lanes in order of precedence, oldest first."""


class LocalQueue:
    """Adapter of `EncodeQueue`. One lock guards the lanes; only worker threads take from them."""

    def __init__(
        self,
        runner: Runner,
        policy: Policy,
        metrics: Metrics,
        workers: int,
        capacity: Mapping[Lane, int],
    ) -> None:
        self._runner = runner
        self._policy = policy
        self._metrics = metrics
        self._capacity = dict(capacity)
        self._lanes: dict[Lane, deque[Ticket]] = {"interactive": deque(), "bulk": deque()}
        self._changed = threading.Condition()
        self._is_closed = False
        self._running = 0
        self._encode_ms = 0.0
        self._threads = [threading.Thread(target=self._work, name=f"encode-{n}", daemon=True) for n in range(workers)]
        metrics.watch_queue("interactive", lambda: len(self._lanes["interactive"]))
        metrics.watch_queue("bulk", lambda: len(self._lanes["bulk"]))
        for thread in self._threads:
            thread.start()

    async def encode(self, model: str, content: Content, lane: Lane, deadline: Deadline) -> Encoded:
        self._runner.refuse_quarantined(model, content)
        ticket = Ticket(model, content, deadline)
        self._admit(ticket, lane)
        return await within(deadline, asyncio.wrap_future(ticket.future))

    def figures(self) -> QueueFigures:
        return QueueFigures(
            workers=len(self._threads),
            running=self._running,
            waiting_interactive=len(self._lanes["interactive"]),
            waiting_bulk=len(self._lanes["bulk"]),
            capacity_interactive=self._capacity["interactive"],
            capacity_bulk=self._capacity["bulk"],
            encode_ms=self._encode_ms,
        )

    def close(self, grace_s: float) -> None:
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        end = time.monotonic() + grace_s
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        with self._changed:
            left = [ticket for lane in self._lanes.values() for ticket in lane]
            self._remove(left)
        for ticket in left:
            _fail(ticket, ShuttingDownError("the service is shutting down: try another one"))

    def _admit(self, ticket: Ticket, lane: Lane) -> None:
        with self._changed:
            if self._is_closed:
                raise ShuttingDownError("the service is shutting down: try another one")
            waiting = self._lanes[lane]
            if len(waiting) >= self._capacity[lane]:
                self._drop([waiter for waiter in waiting if not waiter.is_wanted])
            if len(waiting) >= self._capacity[lane]:
                raise OverloadedError(
                    f"{len(waiting)} inputs wait for the encoder already: try again later", self._retry_after_s()
                )
            waiting.append(ticket)
            self._changed.notify()

    def _retry_after_s(self) -> int:
        waiting = sum(len(lane) for lane in self._lanes.values())
        return max(1, round(waiting * self._encode_ms / 1000.0 / max(1, len(self._threads))))

    def _work(self) -> None:
        while run := self._next_run():
            self._encode(run)

    def _next_run(self) -> Sequence[Ticket]:
        """Wait for work; an empty run says that the queue is closed and drained."""
        with self._changed:
            while True:
                choice = self._policy(list(self._lanes.values()))
                self._drop(choice.dropped)
                self._remove(choice.run)
                run = [ticket for ticket in choice.run if ticket.future.set_running_or_notify_cancel()]
                if run:
                    self._running += 1
                    return run
                if self._is_closed and not any(self._lanes.values()):
                    return []
                if not choice.run and not choice.dropped:
                    self._changed.wait()

    def _encode(self, run: Sequence[Ticket]) -> None:
        started = time.perf_counter()
        try:
            self._answer(run)
        finally:
            self._finished((time.perf_counter() - started) * 1000.0)

    def _answer(self, run: Sequence[Ticket]) -> None:
        """One bad input must not take its neighbours with it: a failed run is repeated one by one."""
        try:
            answers = self._runner.run(run[0].model, [ticket.content for ticket in run])
        except EncoderCrashedError:
            for ticket in run:
                self._answer_alone(ticket)
        except Exception as exc:  # noqa: BLE001 - the rim of a worker thread: it must survive whatever an engine raises
            self._failed(run, exc)
        else:
            self._metrics.encoded.labels("text" if run[0].group[1] else "picture").inc(len(run))
            for ticket, answer in zip(run, answers, strict=True):
                ticket.future.set_result(answer)

    def _answer_alone(self, ticket: Ticket) -> None:
        try:
            ticket.future.set_result(self._runner.run_alone(ticket.model, ticket.content))
        except Exception as exc:  # noqa: BLE001 - as above
            self._failed([ticket], exc)

    def _failed(self, run: Sequence[Ticket], error: Exception) -> None:
        if len(run) > 1:
            for ticket in run:
                self._answer([ticket])
            return
        if not isinstance(error, ModelError):
            _log.error("an input could not be encoded", model=run[0].model, exc_info=error)
        run[0].future.set_exception(error)

    def _finished(self, ms: float) -> None:
        with self._changed:
            self._running -= 1
            self._encode_ms += (ms - self._encode_ms) * (_SMOOTHING if self._encode_ms else 1.0)

    def _drop(self, tickets: Sequence[Ticket]) -> None:
        """Under the lock: forget tickets that nobody waits for."""
        self._remove(tickets)
        for ticket in tickets:
            reason = "abandoned" if ticket.future.cancelled() else "expired"
            self._metrics.queue_dropped.labels(reason).inc()
            _fail(ticket, DeadlineExceededError(_LATE))

    def _remove(self, tickets: Sequence[Ticket]) -> None:
        for ticket in tickets:
            for lane in self._lanes.values():
                if ticket in lane:
                    lane.remove(ticket)


def _fail(ticket: Ticket, error: Exception) -> None:
    if ticket.future.set_running_or_notify_cancel():
        ticket.future.set_exception(error)
