"""Keeps a gateway's sight of lanes and workers fresh. Runs as one task."""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence

import structlog
from redis.asyncio import Redis

from service.queue.redis import scripts
from service.queue.redis.keys import KEEP_MS, LANES, Keys
from service.queue.redis.link import Link
from service.queue.redis.roster import Fleet, Registration, Sight, decode_registration

LOOK_S = 0.5
ALIVE_MS = 5000
"""A worker that gave no sign for so long does not count."""
_log = structlog.get_logger("queue")


class Lookout:
    """Workers whose bundles differ from this gateway's are strangers: known by name, and not counted."""

    def __init__(self, client: "Redis", keys: Keys, bundles: Mapping[str, str], sight: Sight, link: Link) -> None:
        self._client = client
        self._bundles = bundles
        self._sight = sight
        self._link = link
        self._keys = [keys.roster, keys.seen, keys.epoch]
        for lane in LANES:
            self._keys += [keys.lane(lane), keys.backlog(lane)]
        self._word = os.urandom(8)
        self._epoch: bytes | None = None
        self._looked = asyncio.Event()
        self.strangers: Sequence[str] = ()

    async def first_sight(self) -> None:
        """Wait until the lanes and the workers were seen once. Raises QueueAwayError when patience ends before."""
        while not self._looked.is_set():
            self._link.check()
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._looked.wait()
            except TimeoutError:
                continue

    async def run(self, on_loss: Callable[[], None]) -> None:
        """Look twice a second until cancelled; `on_loss` when the server has lost its data."""
        while True:
            await self._link.retried(lambda: self._look(on_loss), lambda: None)
            await asyncio.sleep(LOOK_S)

    async def _look(self, on_loss: Callable[[], None]) -> None:
        arguments = (ALIVE_MS, KEEP_MS, self._word)
        epoch, figures, signs = await self._client.eval(scripts.ROSTER, len(self._keys), *self._keys, *arguments)
        if self._epoch not in (None, epoch):
            on_loss()
        self._epoch = epoch
        for n, lane in enumerate(LANES):
            self._sight.lanes[lane].depth, self._sight.lanes[lane].ahead_us = figures[2 * n], figures[2 * n + 1]
        self._count([worker for sign in signs if (worker := decode_registration(sign)) is not None])
        self._looked.set()

    def _count(self, workers: Sequence[Registration]) -> None:
        everybody = Fleet(workers)
        self._sight.fleet = everybody.serving(self._bundles)
        ours = {worker.worker for worker in self._sight.fleet.workers}
        strangers = tuple(worker.worker for worker in workers if worker.worker not in ours)
        if strangers and strangers != self.strangers:
            _log.warning("workers serve other bundles than this gateway: they do not count", workers=strangers)
        self.strangers = strangers
