"""The worker's heartbeat: says that it lives and what it holds, drops what nobody wants, claims what others left."""

import asyncio
from collections.abc import Callable

import structlog

from service.metrics import Metrics
from service.queue import Lane
from service.queue.redis import LANES, Entry, Inbox, Link
from service.worker.answering import ServerClock
from service.worker.held import Held

_BEATS_BEFORE_DEATH = 4
_LONGEST_BEAT_S = 1.0
_SWEEP_EVERY = 60
_log = structlog.get_logger("worker")


class Keeper:
    """`run` until cancelled."""

    def __init__(
        self,
        inbox: Inbox,
        held: Held,
        link: Link,
        clock: ServerClock,
        metrics: Metrics,
        sign: Callable[[], bytes],
        accept: Callable[[Entry], None],
        claim_s: float,
        room: int,
    ) -> None:
        """`sign` is this worker's registration; entries without a sign for `claim_s` are claimed, up to `room`."""
        self._inbox = inbox
        self._held = held
        self._link = link
        self._clock = clock
        self._metrics = metrics
        self._sign = sign
        self._accept = accept
        self._idle_ms = round(claim_s * 1000)
        self._beat_s = min(_LONGEST_BEAT_S, claim_s / _BEATS_BEFORE_DEATH)
        self._room = room
        self._is_leaving = False
        self._beats = 0

    def leave(self) -> None:
        """From now on keep what is held, and take nothing over."""
        self._is_leaving = True

    async def beat(self) -> None:
        """One heartbeat; the first one must be over before anything is taken."""
        if not self._is_leaving:
            self._clock.set(await self._inbox.register(self._sign()))
        for lane in LANES:
            await self._keep(lane)
            await self._claim(lane)
        if self._beats % _SWEEP_EVERY == 0:
            await self._inbox.sweep()
        self._beats += 1

    async def run(self) -> None:
        while True:
            await self._link.retried(self.beat, lambda: None)
            await asyncio.sleep(self._beat_s)

    async def _keep(self, lane: Lane) -> None:
        held = self._held.of(lane)
        if not held:
            return
        wanted = await self._inbox.keep(lane, held)
        for entry in held:
            if entry.id not in wanted:
                self._held.drop(entry)

    async def _claim(self, lane: Lane) -> None:
        room = self._room - self._held.count(lane)
        if self._is_leaving or room <= 0:
            return
        claimed = await self._inbox.claim(lane, self._idle_ms, room)
        if claimed:
            self._metrics.worker_claimed.labels(lane).inc(len(claimed))
            _log.info("took over what another worker left", lane=lane, entries=len(claimed))
        for entry in claimed:
            self._accept(entry)
