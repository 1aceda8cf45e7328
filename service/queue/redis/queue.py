"""The encode queue over Redis Streams, as a gateway sees it: submit, wait for the reply, submit again what was lost.

Owns no engine. All of it runs in the event loop of its first caller; `close` is for another thread.
"""

import asyncio
import contextlib
import time
from collections.abc import Coroutine, Mapping
from functools import partial
from typing import Any

from redis.exceptions import ResponseError

from service.errors import DeadlineExceededError, NotReadyError, OverloadedError, QueueAwayError, ShuttingDownError
from service.metrics import Metrics
from service.pacing import within
from service.queue.codec import Task, encode_task
from service.queue.port import Content, Encoded, Estimate, Group, Lane
from service.queue.redis import scripts
from service.queue.redis.keys import GROUP, KEEP_MS, LANES, Keys
from service.queue.redis.link import Link, connect, end
from service.queue.redis.lookout import Lookout
from service.queue.redis.outbox import Outbox
from service.queue.redis.replies import Replies
from service.queue.redis.roster import Sight
from service.queue.redis.waiting import Waiter, Waiting
from service.tracing import NO_TRACING, Tracing
from service.types import Clock, Deadline, QueueFigures

_FULL, _ACCEPTED = 0, 2
_ROOM_TO_SEND = 2
"""The outbox holds this many times what the lanes hold: submissions and withdrawals."""
_SHUTDOWN_S = 5.0


class RedisQueue:
    """Adapter of `EncodeQueue`."""

    def __init__(
        self,
        url: str,
        bundles: Mapping[str, str],
        metrics: Metrics,
        capacity: Mapping[Lane, int],
        prefix: str = "lookalike",
        patience_s: float = 3.0,
        tracing: Tracing = NO_TRACING,
        clock: Clock = time.monotonic,
    ) -> None:
        """`bundles`: each model of this gateway to the identity of its bundle (`bundle_identity`)."""
        self._bundles = dict(bundles)
        self._metrics = metrics
        self._capacity = dict(capacity)
        self._tracing = tracing
        self._clock = clock
        self._client = connect(url)
        self._keys = Keys(prefix)
        self._link = Link(patience_s, clock)
        self._sight = Sight()
        self._waiting = Waiting()
        self._stream = self._keys.replies(self._waiting.gateway)
        self._outbox = Outbox(self._client, _ROOM_TO_SEND * sum(capacity.values()))
        self._lookout = Lookout(self._client, self._keys, self._bundles, self._sight, self._link)
        self._replies = Replies(
            self._client, self._keys, self._stream, self._waiting, self._sight, self._link, metrics, clock
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._is_closed = False
        for lane in LANES:
            metrics.watch_queue(lane, partial(self._depth, lane), partial(self._wait_ms, lane))

    async def encode(self, model: str, content: Content, lane: Lane, deadline: Deadline) -> Encoded:
        self._start()
        if deadline.is_expired:
            self._metrics.refused.labels(lane, "expired").inc()
            raise DeadlineExceededError("no time was left to encode it: raise the deadline")
        waiter = self._waiting.open(lane)
        try:
            with self._tracing.span("redis"):
                return await within(deadline, self._answered(waiter, model, content, deadline))
        except (QueueAwayError, NotReadyError):
            self._metrics.refused.labels(lane, "away").inc()
            raise
        except (asyncio.CancelledError, DeadlineExceededError) as exc:
            if not waiter.is_answered:
                reason = "expired" if isinstance(exc, DeadlineExceededError) else "abandoned"
                self._metrics.queue_dropped.labels(lane, model, reason).inc()
            raise
        finally:
            self._waiting.close(waiter)
            if waiter.entry and not waiter.is_answered:
                self._withdraw(waiter.lane, waiter.entry, waiter.cost_us)

    def estimate(self, group: Group, lane: Lane) -> Estimate:
        cost = self._sight.fleet.cost(group)
        return Estimate(
            room=max(0, self._capacity[lane] - self._depth(lane)),
            wait_ms=self._wait_ms(lane),
            run_ms=cost.run_ms,
            share_ms=cost.share_ms / max(1, self._sight.fleet.concurrency),
        )

    def figures(self) -> QueueFigures:
        """As Redis last showed it; nothing runs while Redis is away."""
        return (self._sight if self._link.is_up else Sight()).figures(self._capacity)

    def close(self, grace_s: float) -> None:
        self._is_closed = True
        if self._loop is None or not self._loop.is_running():
            return
        closing = asyncio.run_coroutine_threadsafe(self._shut_down(grace_s), self._loop)
        closing.result(grace_s + _SHUTDOWN_S)

    def _depth(self, lane: Lane) -> int:
        return self._sight.lanes[lane].depth

    def _wait_ms(self, lane: Lane) -> float:
        """0 while an encoder run is free somewhere."""
        concurrency = max(1, self._sight.fleet.concurrency)
        is_free = sum(backlog.depth for backlog in self._sight.lanes.values()) < concurrency
        return 0.0 if is_free else self._sight.ahead_us(lane) / 1000.0 / concurrency

    def _start(self) -> None:
        if self._is_closed:
            raise ShuttingDownError("the service is shutting down: try another one")
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            parts: tuple[Coroutine[Any, Any, None], ...] = (
                self._outbox.run(), self._replies.run(), self._lookout.run(self._replies.doubt_all)
            )  # fmt: skip
            self._tasks = [self._loop.create_task(part) for part in parts]

    async def _answered(self, waiter: Waiter, model: str, content: Content, deadline: Deadline) -> Encoded:
        while True:
            await self._submit(waiter, model, content, deadline)
            outcome = await waiter.outcome
            if isinstance(outcome, Encoded):
                return outcome
            if outcome is not None:
                raise outcome
            self._metrics.queue_lost.inc()
            waiter.again()

    async def _submit(self, waiter: Waiter, model: str, content: Content, deadline: Deadline) -> None:
        """Until Redis has it. What it refuses, or what nobody could answer, raises a 503."""
        self._link.check()
        await self._lookout.first_sight()
        self._require_worker()
        group = Group(model, "text" if isinstance(content, str) else "image")
        waiter.cost_us = round(self._sight.fleet.cost(group).share_ms * 1000.0)
        await self._link.retried(lambda: self._submit_once(waiter, model, content, deadline))

    async def _submit_once(self, waiter: Waiter, model: str, content: Content, deadline: Deadline) -> None:
        budget_ms = max(1, round(deadline.remaining() * 1000.0))
        trace = self._tracing.outgoing()
        task = encode_task(Task(model, self._bundles.get(model, ""), content, budget_ms, waiter.cost_us, trace))
        most = self._capacity[waiter.lane] + self._sight.fleet.concurrency  # the lane also holds what runs
        most_us = budget_ms * 1000 * max(1, self._sight.fleet.concurrency)
        before = LANES[: LANES.index(waiter.lane)]
        backlogs = [self._keys.backlog(lane) for lane in (waiter.lane, *before)]
        sent = self._outbox.send(
            scripts.SUBMIT,
            [self._keys.lane(waiter.lane), *backlogs],
            [waiter.request, self._stream, task, most, waiter.cost_us, most_us, KEEP_MS],
        )
        try:
            verdict = await asyncio.shield(sent)
        except asyncio.CancelledError:
            sent.add_done_callback(lambda done: self._submitted_in_vain(done, waiter))
            raise
        except ResponseError as exc:  # out of memory, or a disk that is full: it is there, and takes nothing
            self._metrics.refused.labels(waiter.lane, "away").inc()
            raise OverloadedError(f"the queue (Redis) takes nothing at the moment: {exc}") from exc
        self._judge(waiter, verdict)

    def _judge(self, waiter: Waiter, verdict: list[Any]) -> None:
        backlog = self._sight.lanes[waiter.lane]
        backlog.depth, backlog.ahead_us = verdict[1], verdict[3]
        if verdict[0] == _ACCEPTED:
            waiter.entry, waiter.since = verdict[4], self._clock()
            return
        ahead_ms = verdict[2] / 1000.0 / max(1, self._sight.fleet.concurrency)
        retry_after_s = max(1, round(ahead_ms / 1000.0))
        self._metrics.refused.labels(waiter.lane, "full" if verdict[0] == _FULL else "backlog").inc()
        if verdict[0] == _FULL:
            raise OverloadedError(f"{verdict[1]} inputs wait for the workers already: try again later", retry_after_s)
        raise OverloadedError(
            f"the work that waits takes {ahead_ms:,.0f} ms, longer than this request may: try again later",
            retry_after_s,
        )

    def _submitted_in_vain(self, done: "asyncio.Future[list[Any]]", waiter: Waiter) -> None:
        if not done.cancelled() and done.exception() is None and done.result()[0] == _ACCEPTED:
            self._withdraw(waiter.lane, done.result()[4], waiter.cost_us)

    def _withdraw(self, lane: Lane, entry: bytes, cost_us: int) -> None:
        """Nobody waits for it any more. Should this fail, a worker finds it expired."""
        with contextlib.suppress(OverloadedError):
            sent = self._outbox.send(
                scripts.WITHDRAW, [self._keys.lane(lane), self._keys.backlog(lane)], [GROUP, entry, cost_us]
            )
            sent.add_done_callback(lambda done: done.cancelled() or done.exception())

    def _require_worker(self) -> None:
        """Rather than wait in vain raises QueueAwayError, or NotReadyError where workers serve other bundles."""
        if self._sight.fleet.workers:
            return
        if self._lookout.strangers:
            raise NotReadyError(
                f"the workers {', '.join(self._lookout.strangers)} serve other bundles or another precision than this "
                "gateway: give all the same bundles and settings, or each fleet a LOOKALIKE_REDIS_PREFIX of its own"
            )
        raise QueueAwayError("no worker is alive: start `lookalike worker` with the same bundles", 1)

    async def _shut_down(self, grace_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                await self._waiting.emptied()
        self._waiting.fail_all(lambda: ShuttingDownError("the service is shutting down: try another one"))
        await asyncio.sleep(0)
        await end(self._tasks)
        await self._client.aclose()
