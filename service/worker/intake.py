"""Takes entries from one lane as fast as they can be started, and not faster: what waits in Redis, anybody may take."""

from collections.abc import Callable
from dataclasses import dataclass

from service.queue import Lane
from service.queue.redis import Entry, Inbox, Link
from service.worker.held import Held


@dataclass(frozen=True)
class Appetite:
    """How much a worker takes: `running` inputs keep all its encoder runs busy, `ahead` more keep them so."""

    running: int
    ahead: int

    def of(self, lane: Lane, held: Held) -> tuple[int, bool]:
        """(how many to ask for, whether to wait for them).

        While all runs are busy nobody waits here for more: an idle worker that waits must get it. Interactive work
        counts its own lane only, so that bulk work in hand delays it by no more than the run that goes on.
        """
        count = held.count(lane) if lane == "interactive" else held.total
        if count < self.running:
            return self.running - count, True
        return max(0, self.running + self.ahead - count), False


class Intake:
    """One lane's reader; `run` until cancelled."""

    def __init__(
        self, lane: Lane, inbox: Inbox, held: Held, appetite: Appetite, link: Link, accept: Callable[[Entry], None]
    ) -> None:
        self._lane = lane
        self._inbox = inbox
        self._held = held
        self._appetite = appetite
        self._link = link
        self._accept = accept

    async def run(self) -> None:
        while True:
            await self._link.retried(self._turn, lambda: None)

    async def _turn(self) -> None:
        mark = self._held.mark
        count, waits = self._appetite.of(self._lane, self._held)
        entries = await self._inbox.take(self._lane, count, waits=waits) if count else []
        for entry in entries:
            self._accept(entry)
        if not entries and not waits:
            await self._held.changed_since(mark)
