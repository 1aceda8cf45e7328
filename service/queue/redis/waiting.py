"""What one gateway waits for: requests by their id, each answered at most once. One task owns it: the event loop's."""

import asyncio
import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from service.queue.codec import EncodeError
from service.queue.port import Encoded, Lane

Outcome: TypeAlias = Encoded | EncodeError | None
"""None: the entry was lost, the request must be submitted again."""


@dataclass(eq=False)
class Waiter:
    """One request. `entry` is its place in the lane once Redis has it."""

    request: bytes
    lane: Lane
    cost_us: int = 0
    entry: bytes = b""
    since: float = 0.0
    """When `entry` was learned (the clock of the queue)."""
    outcome: "asyncio.Future[Outcome]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def is_answered(self) -> bool:
        return self.outcome.done() and not self.outcome.cancelled() and self.outcome.result() is not None

    def settle(self, outcome: Outcome) -> None:
        if not self.outcome.done():
            self.outcome.set_result(outcome)

    def again(self) -> None:
        """Forget the lost entry."""
        self.entry = b""
        self.outcome = asyncio.get_running_loop().create_future()


class Waiting:
    """All requests of this gateway that have no answer yet."""

    def __init__(self) -> None:
        self._waiters: dict[bytes, Waiter] = {}
        self._numbers = itertools.count()
        self._gateway = os.urandom(8)
        self._emptied = asyncio.Event()
        self._emptied.set()

    @property
    def gateway(self) -> str:
        """Name of this gateway process."""
        return self._gateway.hex()

    def __len__(self) -> int:
        return len(self._waiters)

    def __iter__(self) -> Iterator[Waiter]:
        return iter(list(self._waiters.values()))

    def open(self, lane: Lane) -> Waiter:
        waiter = Waiter(self._gateway + next(self._numbers).to_bytes(8, "big"), lane)
        self._waiters[waiter.request] = waiter
        self._emptied.clear()
        return waiter

    def close(self, waiter: Waiter) -> None:
        self._waiters.pop(waiter.request, None)
        if not self._waiters:
            self._emptied.set()

    def answer(self, request: bytes, outcome: Outcome) -> Lane | None:
        """The lane of the request; None where nobody waits for it: it was answered before, or its caller left."""
        waiter = self._waiters.get(request)
        if waiter is None or waiter.outcome.done():
            return None
        waiter.settle(outcome)
        return waiter.lane

    def fail_all(self, make: Callable[[], EncodeError]) -> None:
        for waiter in self:
            waiter.settle(make())

    async def emptied(self) -> None:
        await self._emptied.wait()
