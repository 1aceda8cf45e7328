"""The entries in this worker's hands, and the tasks that answer them. Owned by the event loop."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from service.queue import Lane
from service.queue.redis import LANES, Entry


class Held:
    """Readers wait on it for room, the drain for its end."""

    def __init__(self) -> None:
        self._entries: dict[Lane, dict[bytes, Entry]] = {lane: {} for lane in LANES}
        self._tasks: dict[Entry, asyncio.Task[None]] = {}
        self._changes = 0
        self._changed = asyncio.Event()

    def of(self, lane: Lane) -> list[Entry]:
        return list(self._entries[lane].values())

    def count(self, lane: Lane) -> int:
        return len(self._entries[lane])

    @property
    def total(self) -> int:
        return len(self._tasks)

    @property
    def mark(self) -> int:
        """For `changed_since`: take it before looking, so that no change is missed."""
        return self._changes

    def start(self, entry: Entry, work: Coroutine[Any, Any, None]) -> None:
        """Hold the entry until `work` is done. One that is held already is not worked on twice."""
        if entry.id in self._entries[entry.lane]:
            work.close()
            return
        self._entries[entry.lane][entry.id] = entry
        task = asyncio.get_running_loop().create_task(work)
        self._tasks[entry] = task
        task.add_done_callback(lambda _: self._ended(entry))

    def drop(self, entry: Entry) -> None:
        """Nobody wants its answer any more."""
        if task := self._tasks.get(entry):
            task.cancel()

    async def changed_since(self, mark: int) -> None:
        """Wait until an entry is done."""
        while self._changes == mark:
            await self._changed.wait()

    async def emptied(self) -> None:
        while self._tasks:
            await self.changed_since(self.mark)

    async def drop_all(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, entry: Entry) -> None:
        del self._entries[entry.lane][entry.id]
        del self._tasks[entry]
        self._changes += 1
        self._changed.set()
        self._changed = asyncio.Event()
