"""Decoding for everybody: so many pictures at a time, searches before items, each within its deadline."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from time import perf_counter
from typing import TypeVar

from index.types import PicturePolicy
from models.arrays import Pixels
from models.errors import ModelError
from models.pictures import Box, Preprocessing
from service.decode.pictures import KeptPicture, PictureWork
from service.errors import ServiceError, entry_for
from service.metrics import Metrics
from service.pacing import Threads, Turns, within
from service.tracing import NO_TRACING, Tracing
from service.types import Deadline

T = TypeVar("T")


class Decoder:
    """Raises what `PictureWork` raises, and OverloadedError, DeadlineExceededError."""

    def __init__(
        self, threads: Threads, work: PictureWork, turns: Turns, metrics: Metrics, tracing: Tracing = NO_TRACING
    ) -> None:
        """`turns`: as many as there are threads; bulk never takes the last ones, so that a search finds one free."""
        self._threads = threads
        self._work = work
        self._turns = turns
        self._metrics = metrics
        self._tracing = tracing
        for lane in ("interactive", "bulk"):
            metrics.watch_decoding(lane, partial(turns.waiting, lane == "bulk"))

    async def pixels(self, data: bytes, spec: Preprocessing, box: Box | None, deadline: Deadline) -> Pixels:
        """uint8 [size, size, 3]."""
        return await self._run("pixels", False, deadline, lambda wait_s: self._work.pixels(data, spec, box, wait_s))

    async def keep(self, data: bytes, spec: Preprocessing, policy: PicturePolicy, deadline: Deadline) -> KeptPicture:
        """Pixels of what is kept, so that encoding it again gives the same vector."""
        return await self._run("keep", True, deadline, lambda wait_s: self._work.keep(data, spec, policy, wait_s))

    async def thumbnail(self, data: bytes, deadline: Deadline) -> bytes:
        return await self._run("thumbnail", False, deadline, lambda wait_s: self._work.thumbnail(data, wait_s))

    async def _run(self, what: str, is_bulk: bool, deadline: Deadline, work: Callable[[float], T]) -> T:
        with self._tracing.span("decode", {"what": what}), self._failures_counted(what):
            return await self._in_turn(what, is_bulk, deadline, work)

    async def _in_turn(self, what: str, is_bulk: bool, deadline: Deadline, work: Callable[[float], T]) -> T:
        started = perf_counter()
        await self._turns.take(is_bulk, deadline)
        lane = "bulk" if is_bulk else "interactive"
        self._metrics.decode_wait_seconds.labels(lane).observe(perf_counter() - started)
        loop = asyncio.get_running_loop()

        def run() -> T:
            with self._metrics.decode_seconds.labels(what).time():
                return work(deadline.remaining())

        try:
            future = self._threads.submit(deadline, run)
        except BaseException:
            self._turns.give_back()
            raise
        # A caller that left does not free the thread: the turn ends with the work.
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(self._turns.give_back))
        return await within(deadline, asyncio.wrap_future(future))

    @contextmanager
    def _failures_counted(self, what: str) -> Iterator[None]:
        try:
            yield
        except (ServiceError, ModelError) as exc:
            self._metrics.decode_failures.labels(what, entry_for(exc).code).inc()
            raise
        except asyncio.CancelledError:
            self._metrics.decode_failures.labels(what, "abandoned").inc()
            raise
