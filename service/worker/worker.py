"""One worker: takes entries from Redis, has them encoded by its own queue, answers each of them once."""

import asyncio
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import structlog

from models.manifest import Manifest
from service.metrics import Metrics
from service.queue import EncodeQueue, Group, Tower
from service.queue.redis import (
    LANES,
    Cost,
    Entry,
    Inbox,
    Keys,
    Link,
    Outbox,
    Registration,
    bundle_identity,
    connect,
    encode_registration,
    end,
)
from service.tracing import NO_TRACING, Tracing
from service.types import Check
from service.worker.answering import Answering, ServerClock
from service.worker.held import Held
from service.worker.intake import Appetite, Intake
from service.worker.keeper import Keeper

_TO_SEND = 4096
_LEAVE_S = 5.0
_ROOM_FOR_CLAIMS = 2
"""A worker whose slots are full claims as much again: what others left is the oldest work, and under load no slot is
ever free for it."""
_log = structlog.get_logger("worker")


@dataclass(frozen=True)
class WorkerLimits:
    """`slots`: inputs of a lane that this worker takes at most; half of them keep its encoder runs busy."""

    slots: int = 2
    claim_s: float = 2.0
    max_deliveries: int = 5


class Worker:
    """`run` until it is time to go, then `drain`. The queue stays its caller's."""

    def __init__(
        self,
        url: str,
        queue: EncodeQueue,
        manifests: Mapping[str, Manifest],
        metrics: Metrics,
        limits: WorkerLimits | None = None,
        prefix: str = "lookalike",
        tracing: Tracing = NO_TRACING,
    ) -> None:
        limits = limits or WorkerLimits()
        self.name = f"{socket.gethostname()}-{os.getpid()}-{os.urandom(3).hex()}"
        self._link = Link(patience_s=0.0)
        self._queue = queue
        self._manifests = manifests
        self._bundles = {name: bundle_identity(manifest) for name, manifest in manifests.items()}
        self._client = connect(url)
        self._outbox = Outbox(self._client, _TO_SEND)
        self._inbox = Inbox(self._client, Keys(prefix), self.name, self._outbox)
        self.held = Held()
        clock = ServerClock()
        self._answering = Answering(
            queue, self._bundles, self._inbox, self._link, clock, metrics, limits.max_deliveries, tracing
        )
        busy = max(1, limits.slots // 2)
        appetite = Appetite(busy, max(0, limits.slots - busy))
        room = _ROOM_FOR_CLAIMS * limits.slots
        self._keeper = Keeper(
            self._inbox, self.held, self._link, clock, metrics, self._sign, self._accept, limits.claim_s, room
        )
        self._intakes = [Intake(lane, self._inbox, self.held, appetite, self._link, self._accept) for lane in LANES]
        self._is_told = False
        self._reading: list[asyncio.Task[None]] = []
        self._serving: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Register, then take work. Waits for Redis for as long as it is away."""
        await self._link.retried(self._keeper.beat, self._say_away)
        _log.info("takes work", worker=self.name)
        self._serving = [asyncio.create_task(part.run()) for part in (self._outbox, self._keeper)]
        self._reading = [asyncio.create_task(intake.run()) for intake in self._intakes]

    async def run(self) -> None:
        """`start`, and go on until cancelled. Raises what ended a part of this worker."""
        await self.start()
        await asyncio.gather(*self._serving, *self._reading)

    def check(self) -> Check:
        if not self._serving:
            return Check("redis", False, "not reached yet")
        return Check("redis", self._link.is_up, "" if self._link.is_up else "does not answer")

    async def drain(self, grace_s: float) -> int:
        """Take nothing more, finish what is held within `grace_s`, give the rest back. Returns how much that was."""
        self._keeper.leave()
        await end(self._reading)
        given_back = 0
        try:
            async with asyncio.timeout(grace_s + _LEAVE_S):
                await self._link.retried(self._inbox.leave, lambda: None)
                await self._finish_held(grace_s)
                await self.held.drop_all()
                given_back = await self._link.retried(self._inbox.give_back, lambda: None)
                await self._link.retried(self._inbox.leave, lambda: None)
        except TimeoutError:
            _log.warning("Redis is away: what this worker held is claimed by others in time", held=self.held.total)
        await self.held.drop_all()
        await end(self._serving)
        await self._client.aclose()
        return given_back

    async def _finish_held(self, grace_s: float) -> None:
        try:
            async with asyncio.timeout(grace_s):
                await self.held.emptied()
        except TimeoutError:
            _log.warning("not all was finished in time: others get it", held=self.held.total)

    def _accept(self, entry: Entry) -> None:
        self.held.start(entry, self._answering.answer(entry))

    def _say_away(self) -> None:
        if not self._is_told:
            _log.warning("Redis does not answer: waiting for it")
        self._is_told = True

    def _sign(self) -> bytes:
        figures = self._queue.figures()
        return encode_registration(
            Registration(
                worker=self.name,
                bundles=self._bundles,
                concurrency=figures.workers,
                running=figures.running,
                waiting=(figures.waiting_interactive, figures.waiting_bulk),
                held=(self.held.count("interactive"), self.held.count("bulk")),
                encode_ms=figures.encode_ms,
                costs=tuple(self._costs(figures.workers)),
                newest_run_s=figures.newest_run_s,
            )
        )

    def _costs(self, workers: int) -> Iterator[Cost]:
        for name, manifest in self._manifests.items():
            towers: Sequence[Tower] = ("image", "text") if manifest.encodes_text else ("image",)
            for tower in towers:
                estimate = self._queue.estimate(Group(name, tower), "interactive")
                yield Cost(name, tower, estimate.run_ms, estimate.share_ms * workers)
