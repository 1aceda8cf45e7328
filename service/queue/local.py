"""The encode queue inside this process: bounded lanes, admission in milliseconds, and threads that run batches.

On a CPU several runs of one thread beat one run of several (docs/benchmarks.md), so each worker thread makes runs
of its own. A free worker never waits for a batch to fill: what is there runs at once. Only who just ended a run of
several searches waits a moment for the next ones.
"""

import asyncio
import math
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from service.batching import CostCurve, RunLimits, rows_of_run
from service.errors import DeadlineExceededError, OverloadedError, ShuttingDownError
from service.metrics import Metrics
from service.pacing import within
from service.queue.answering import LATE, Answering
from service.queue.costs import Costs
from service.queue.lanes import LANES, Lanes, Ticket, alike
from service.queue.port import Content, Encoded, Estimate, Group, Lane, Runner
from service.tracing import NO_TRACING, Attributes, Member, Tracing
from service.types import Clock, Deadline, QueueFigures

_CLOSED = "the service is shutting down: try another one"
_ENCODE_MS_WEIGHT = 0.1
_PRESSING_RUNS = 3.0
"""Who has no more time than so many runs take is not passed over for the sake of a better run."""
_GATHER_SHARE = 0.1
"""Of what a run of several searches should have taken: so long is waited after it, until as many wait again."""


@dataclass(frozen=True, eq=False)
class _Run:
    tickets: Sequence[Ticket]
    started: float
    expected_ms: float

    @property
    def group(self) -> Group:
        return self.tickets[0].group


class LocalQueue:
    """Adapter of `EncodeQueue`. One lock guards lanes and costs; only worker threads take from the lanes."""

    def __init__(
        self,
        runner: Runner,
        metrics: Metrics,
        workers: int,
        capacity: Mapping[Lane, int],
        curves: Mapping[Group, CostCurve] | None = None,
        limits: RunLimits | None = None,
        tracing: Tracing = NO_TRACING,
        clock: Clock = time.monotonic,
    ) -> None:
        """`curves`: what the engines measured; a group without one runs one input at a time."""
        limits = limits or RunLimits()
        self._metrics, self._tracing, self._clock = metrics, tracing, clock
        self._answering = Answering(runner, metrics)
        self._capacity = dict(capacity)
        self._limit_ms: dict[Lane, float] = {"interactive": limits.interactive_ms, "bulk": limits.bulk_ms}
        self._lanes, self._costs = Lanes(), Costs(self._limit_ms, curves)
        self._runs: set[_Run] = set()
        lock = threading.RLock()
        self._changed, self._arrived = threading.Condition(lock), threading.Condition(lock)
        self._is_closed = False
        self._encode_ms = 0.0
        self._threads = [threading.Thread(target=self._work, name=f"encode-{n}", daemon=True) for n in range(workers)]
        for lane in LANES:
            metrics.watch_queue(lane, partial(self._lanes.depth, lane), partial(self._wait_ms, lane))
        for thread in self._threads:
            thread.start()

    async def encode(self, model: str, content: Content, lane: Lane, deadline: Deadline) -> Encoded:
        self._answering.refuse_quarantined(model, content)
        group = Group(model, "text" if isinstance(content, str) else "image")
        ticket = Ticket(group, content, lane, deadline, self._clock(), self._tracing.here())
        self._admit(ticket)
        return await within(deadline, asyncio.wrap_future(ticket.future))

    def estimate(self, group: Group, lane: Lane) -> Estimate:
        with self._changed:
            curve = self._costs.curve(group)
            return Estimate(
                room=self._capacity[lane] - self._lanes.depth(lane),
                wait_ms=self._wait_ms(lane),
                run_ms=curve.run_ms(1),
                share_ms=self._costs.share_ms(group, lane) / self._workers,
            )

    def figures(self) -> QueueFigures:
        with self._changed:
            begun = [run.started for run in self._runs]
        return QueueFigures(
            workers=len(self._threads),
            running=len(begun),
            waiting_interactive=self._lanes.depth("interactive"),
            waiting_bulk=self._lanes.depth("bulk"),
            capacity_interactive=self._capacity["interactive"],
            capacity_bulk=self._capacity["bulk"],
            encode_ms=self._encode_ms,
            newest_run_s=self._clock() - max(begun) if begun else 0.0,
        )

    def close(self, grace_s: float) -> None:
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
            self._arrived.notify_all()
        end = time.monotonic() + grace_s
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        with self._changed:
            for ticket in self._lanes.everything():
                self._lanes.remove(ticket)
                _refuse(ticket, ShuttingDownError(_CLOSED))

    # --- taking work in -----------------------------------------------------------------------------------------------

    def _admit(self, ticket: Ticket) -> None:
        with self._changed:
            if self._is_closed:
                raise ShuttingDownError(_CLOSED)
            if ticket.deadline.is_expired:
                self._metrics.refused.labels(ticket.lane, "expired").inc()
                raise DeadlineExceededError(LATE)
            self._check_room(ticket)
            self._check_time(ticket)
            self._lanes.add(ticket)
            self._changed.notify()
            self._arrived.notify_all()
        ticket.future.add_done_callback(lambda future: self._left(ticket) if future.cancelled() else None)

    def _check_room(self, ticket: Ticket) -> None:
        waiting = self._lanes.depth(ticket.lane)
        if waiting >= self._capacity[ticket.lane]:
            self._metrics.refused.labels(ticket.lane, "full").inc()
            retry_after_s = max(1, math.ceil(self._wait_ms(ticket.lane) / 1000.0))
            raise OverloadedError(f"{waiting} inputs wait for the encoder already: try again later", retry_after_s)

    def _check_time(self, ticket: Ticket) -> None:
        """With a free worker everything is tried: only runs can correct an estimate that is too high."""
        wait_ms = self._wait_ms(ticket.lane)
        late_ms = wait_ms + self._costs.curve(ticket.group).run_ms(1) - ticket.deadline.remaining() * 1000.0
        if wait_ms > 0 and late_ms > 0:
            self._metrics.refused.labels(ticket.lane, "backlog").inc()
            raise OverloadedError(
                "the encoder has more work than the deadline allows: try again later",
                max(1, math.ceil(late_ms / 1000.0)),
            )

    def _left(self, ticket: Ticket) -> None:
        """Nobody waits for this ticket any more."""
        with self._changed:
            if self._lanes.remove(ticket):
                reason = "expired" if ticket.deadline.is_expired else "abandoned"
                self._metrics.queue_dropped.labels(ticket.lane, ticket.group.model, reason).inc()

    def _wait_ms(self, lane: Lane) -> float:
        """Until an input that arrives now in this lane would begin."""
        with self._changed:
            ahead = LANES[: LANES.index(lane) + 1]
            if len(self._runs) < len(self._threads) and not any(self._lanes.depth(one) for one in ahead):
                return 0.0
            waiting = sum(self._backlog_ms(one) for one in ahead)
            now = self._clock()
            running = sum(max(0.0, run.expected_ms - (now - run.started) * 1000.0) for run in self._runs)
            return (waiting + running) / self._workers

    def _backlog_ms(self, lane: Lane) -> float:
        return sum(self._costs.backlog_ms(group, lane, waiting) for group, waiting in self._lanes.depths(lane).items())

    @property
    def _workers(self) -> int:
        return max(1, len(self._threads))

    # --- making runs --------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        run: _Run | None = None
        while run := self._next_run(run):
            self._encode(run)

    def _next_run(self, last: _Run | None) -> _Run | None:
        """Wait for work; None says that the queue is closed and drained."""
        with self._changed:
            if last is not None:
                self._gather(last)
            while True:
                taken = self._take()
                if taken:
                    expected_ms = self._costs.curve(taken[0].group).run_ms(len(taken))
                    run = _Run(taken, self._clock(), expected_ms)
                    self._runs.add(run)
                    return run
                if self._is_closed:
                    return None
                self._changed.wait()

    def _gather(self, last: _Run) -> None:
        """Under the lock: callers who had their answers at once ask again at once. Without this moment the first of
        them would run alone, and the others wait for him. After bulk work nobody waits: a search may be next."""
        rows = len(last.tickets)
        if rows > 1 and last.tickets[0].lane == "interactive":
            limit_s = _GATHER_SHARE * last.expected_ms / 1000.0
            self._arrived.wait_for(lambda: self._is_closed or self._lanes.depth("interactive") >= rows, limit_s)

    def _take(self) -> list[Ticket]:
        """Under the lock: the next run out of the lanes; empty when nothing waits."""
        while (first := self._lanes.first()) is not None:
            curve = self._costs.curve(first.group)
            waiting = self._in_time(first.lane, first.group, 2 * curve.largest, curve)
            if not waiting:
                continue
            oldest = waiting[: curve.largest]
            budget_ms = min(self._limit_of_run(first.lane), *map(_remaining_ms, oldest))
            rows = rows_of_run(curve, len(oldest), budget_ms)
            run_ms = curve.run_ms(rows)
            fitting = oldest + [one for one in waiting[len(oldest) :] if _remaining_ms(one) >= run_ms]
            run = alike(fitting, rows, _PRESSING_RUNS * run_ms / 1000.0)
            if first.lane == "interactive":  # rows that would be padding cost nothing
                run += self._in_time("bulk", first.group, curve.size_of(rows) - rows, curve)
            started = [ticket for ticket in run if self._starts(ticket)]
            if started:
                return started
        return []

    def _limit_of_run(self, lane: Lane) -> float:
        """How long a run may take. Bulk work never takes longer than its limit: interactive inputs wait for its end."""
        if lane == "bulk":
            return self._limit_ms[lane]
        return max(self._limit_ms[lane], self._backlog_ms(lane) / self._workers)

    def _in_time(self, lane: Lane, group: Group, most: int, curve: CostCurve) -> list[Ticket]:
        """The oldest of a group that can still end in time, at most so many; those that cannot are dropped.

        The last of all is tried whatever is expected of it, as in `_check_time`.
        """
        found: list[Ticket] = []
        late: list[Ticket] = []
        for ticket in self._lanes.of(lane, group):
            if len(found) >= most:
                break
            is_last = self._lanes.total - len(late) == 1
            in_time = _remaining_ms(ticket) >= curve.run_ms(1) or (is_last and not ticket.deadline.is_expired)
            (found if in_time else late).append(ticket)
        for ticket in late:
            self._lanes.remove(ticket)
            reason = "expired" if ticket.deadline.is_expired else "late"
            self._metrics.queue_dropped.labels(lane, group.model, reason).inc()
            _refuse(ticket, DeadlineExceededError(LATE))
        return found

    def _starts(self, ticket: Ticket) -> bool:
        self._lanes.remove(ticket)
        return ticket.future.set_running_or_notify_cancel()

    def _encode(self, run: _Run) -> None:
        members = [Member(ticket.trace, run.started - ticket.arrived) for ticket in run.tickets]
        for ticket, member in zip(run.tickets, members, strict=True):
            self._metrics.wait_seconds.labels(ticket.lane, run.group.model).observe(member.waited_s)
        attributes: Attributes = {"model": run.group.model, "tower": run.group.tower, "rows": len(run.tickets)}
        is_whole = False
        try:
            with self._tracing.run(members, attributes):
                is_whole = self._answering.answer(run.tickets)
                self._tracing.note({"whole": is_whole})
        finally:
            self._finished(run, is_whole)

    def _finished(self, run: _Run, is_whole: bool) -> None:
        """A run that was repeated in parts tells nothing of what a run costs."""
        seconds, rows = self._clock() - run.started, len(run.tickets)
        self._metrics.encode_seconds.labels(*run.group).observe(seconds)
        self._metrics.batch_rows.labels(*run.group).observe(rows)
        with self._changed:
            self._runs.discard(run)
            self._encode_ms += (seconds * 1000.0 - self._encode_ms) * (_ENCODE_MS_WEIGHT if self._encode_ms else 1.0)
            if is_whole:
                self._costs.learn(run.group, rows, seconds * 1000.0)


def _remaining_ms(ticket: Ticket) -> float:
    return ticket.deadline.remaining() * 1000.0


def _refuse(ticket: Ticket, error: Exception) -> None:
    if ticket.future.set_running_or_notify_cancel():
        ticket.future.set_exception(error)
