"""Watches searches without holding them up: logs their vectors, repeats a few exactly, tends the collections.

Owns one task and one thread of low priority. A search leaves a note in memory and goes; whatever is done with it
comes later, is bounded, and may be dropped.
"""

import asyncio
from collections import deque
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import structlog

from index.errors import CollectionLockedError, CollectionNotFoundError, StoreError
from index.ports import Collection
from index.types import Filter, RecallCheck, SearchParameters
from models.arrays import Vector
from models.errors import ModelError
from service.errors import ServiceError
from service.metrics import Metrics
from service.pacing import Threads
from service.pipeline.access import Access, OpenCollection
from service.pipeline.recall.live_recall import LiveRecall
from service.pipeline.recall.made_queries import QueryMaker
from service.pipeline.recall.query_log import LogKey, QueryLog, merged
from service.pipeline.recipe import Recipe, vector_of
from service.types import Deadline, SearchOptions

K = 10
"""Recall is that of the ten nearest, as the target is."""
WAITING = 32
"""Repetitions that wait; more are dropped."""
SHARE_OF_TIME = 0.05
"""Of the one thread, for repetitions: after a slow one comes a longer pause."""
LOOK_S = 30.0
WORK_S = 120.0
CLOSE_S = 5.0


@dataclass(frozen=True)
class WatchPlan:
    """What is asked for by the settings."""

    keeps_log: bool = True
    recall_share: float = 0.01
    """Of the searches, repeated exactly."""
    queries_from: int = 25_000
    """From so many items on, held-out queries are made of their texts: before the first seal."""


@dataclass(frozen=True)
class Note:
    """A search that is to be repeated."""

    collection: Collection
    key: LogKey
    query: Vector
    filter: Filter | None
    params: SearchParameters
    excluded: tuple[str, ...]


class RecallWatch:
    """Belongs to one event loop; `start` and `close` frame its task."""

    def __init__(
        self, plan: WatchPlan, access: Access, maker: QueryMaker, threads: Threads, live: LiveRecall, metrics: Metrics
    ) -> None:
        """`threads`: one of low priority, that nothing else waits for."""
        self._plan, self._access, self._maker, self._threads = plan, access, maker, threads
        self.live, self._metrics = live, metrics
        self._log = QueryLog()
        self._notes: deque[Note] = deque()
        self._is_noted = asyncio.Event()
        self._chance = np.random.default_rng()
        self._task: asyncio.Task[None] | None = None
        self._tried: WeakKeyDictionary[Collection, int] = WeakKeyDictionary()
        self._logger = structlog.get_logger()

    def saw(self, opened: OpenCollection, recipe: Recipe, options: SearchOptions) -> None:
        """A search was answered. Costs some microseconds, and some more for the few that are kept."""
        key = LogKey(opened.name, recipe.field, recipe.kind)
        is_repeated = self._is_to_repeat(options.params)
        if not (self._plan.keeps_log or is_repeated):
            return
        query = vector_of(recipe)
        if self._plan.keeps_log and not is_stored_vector(recipe):
            self._log.offer(key, query)
        if is_repeated:
            params = replace(options.params, kind=recipe.kind)
            self._notes.append(Note(opened.collection, key, query, options.filter, params, recipe.excluded))
            self._is_noted.set()

    def start(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._work(), name="recall-watch")

    async def close(self) -> None:
        """Stop, and write what was logged."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=CLOSE_S)
            self._task = None
            with suppress(TimeoutError):  # behind an exact search that takes long
                async with asyncio.timeout(CLOSE_S):
                    await self._safely(self.write_log(), "the query log")

    async def repeat_one(self) -> float:
        """Repeat the oldest noted search exactly; the seconds it took."""
        note, started = self._notes.popleft(), perf_counter()
        try:
            check = await self._background(_checked, note)
        except CollectionNotFoundError:
            self.live.forget(note.key.collection)
            return perf_counter() - started
        if check is not None:
            await self._take_in(note, check)
        self._metrics.recall_checks.labels("checked" if check else "exact").inc()
        return perf_counter() - started

    async def look(self) -> None:
        """Write the log, make queries that are missing, start what is due."""
        await self._safely(self.write_log(), "the query log")
        names = await self._access.names(Deadline.after(WORK_S))
        self.live.keep_only(names)
        for name in names:
            await self._safely(self._tend(name), name)

    async def write_log(self) -> None:
        """Let what was logged fade into the files."""
        for key, vectors in self._log.emptied():
            try:
                collection = await self._access.collection(key.collection, Deadline.after(WORK_S))
                await self._background(self._keep, collection, key, vectors)
            except StoreError as exc:  # dropped, read only, a full disk: the sample is not worth more
                self._logger.debug("queries_not_kept", collection=key.collection, why=str(exc))

    async def _tend(self, name: str) -> None:
        collection = await self._access.collection(name, Deadline.after(WORK_S))
        await self._safely(self._make(collection), name)
        await self._tend_now(collection, measure=False)

    async def _make(self, collection: Collection) -> None:
        """Where it is large enough, and again only once it has doubled: where a kind cannot be made, it stays so."""
        count = await self._background(collection.count)
        tried = self._tried.get(collection, 0)
        if count < max(self._plan.queries_from, 2 * tried):
            return
        deadline = Deadline.after(WORK_S)
        await self._maker.make(await self._access.open(collection.spec.name, deadline), deadline)
        self._tried[collection] = count

    async def _take_in(self, note: Note, check: RecallCheck) -> None:
        key = note.key
        change = self.live.record(key, check, note.collection.spec.recall)
        if change is None:
            return
        about = {"collection": key.collection, "field": key.field, "kind": key.kind}
        if change == "recovered":
            self._logger.info("recall_judged_anew", **about)
            return
        (figure,) = [one for one in self.live.figures(key.collection) if (one.field, one.kind) == (key.field, key.kind)]
        self._logger.warning(
            "recall_drifts", **about, recall=round(figure.recall, 4), target=figure.target, samples=figure.samples
        )
        await self._tend_now(note.collection, measure=True)

    async def _work(self) -> None:
        clock = asyncio.get_running_loop().time
        look_at, repeat_at = clock() + LOOK_S, 0.0
        while True:
            if self._notes and clock() >= repeat_at:
                took_s = await self._safely(self.repeat_one(), "a repeated search") or 0.0
                repeat_at = clock() + took_s / SHARE_OF_TIME
            elif clock() >= look_at:
                await self._safely(self.look(), "the collections")
                look_at = clock() + LOOK_S
            else:
                await self._until(min(look_at, repeat_at) if self._notes else look_at)

    async def _until(self, at: float) -> None:
        """A time of the loop's clock, or the next note."""
        self._is_noted.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout_at(at):
                await self._is_noted.wait()

    async def _safely(self, work: Coroutine[Any, Any, float | None], what: str) -> float | None:
        """Upkeep that fails is tried again at the next look; no search notices."""
        try:
            return await work
        except (StoreError, ServiceError, ModelError) as exc:
            self._logger.debug("upkeep_put_off", what=what, why=str(exc))
        except Exception:
            self._logger.exception("upkeep_failed", what=what)
        return None

    def _is_to_repeat(self, params: SearchParameters) -> bool:
        if params.exact or params.recall is not None or self._chance.random() >= self._plan.recall_share:
            return False
        if len(self._notes) < WAITING:
            return True
        self._metrics.recall_checks.labels("dropped").inc()
        return False

    def _keep(self, collection: Collection, key: LogKey, vectors: np.ndarray[Any, Any]) -> None:
        kept = collection.queries(key.field, key.kind, "log")
        if kept.shape[1] == vectors.shape[1]:
            collection.keep_queries(key.field, key.kind, "log", merged(kept, vectors, self._chance))

    async def _tend_now(self, collection: Collection, measure: bool) -> None:
        """In a thread of the writers: those that a collection starts to write have the priority of the one that did."""
        with suppress(CollectionLockedError):  # another process writes, and tends
            await self._access.write(Deadline.after(WORK_S), collection.tend, measure)

    async def _background(self, function: Any, *args: Any) -> Any:
        return await self._threads.run(Deadline.after(WORK_S), function, *args)


def is_stored_vector(recipe: Recipe) -> bool:
    """An item's own vector says nothing new of queries: those of the collection itself are measured anyway."""
    return recipe.mixture == "single" and bool(recipe.excluded)


def _checked(note: Note) -> RecallCheck | None:
    return note.collection.check_recall(note.key.field, note.query, K, note.filter, note.params, note.excluded)
