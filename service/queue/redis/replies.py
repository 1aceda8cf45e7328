"""Reads the answers of one gateway, and finds out which of its entries Redis has lost. Runs as one task.

A reply stays in its stream until it was read; only this task reads and deletes. An entry and its reply change
places in one step (scripts.FINISH), so: whose entry is gone, and whose reply is not there after that, was lost.
"""

import time
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis

from service.errors import CodecError
from service.metrics import Metrics
from service.queue.codec import EncodeError, decode_answer
from service.queue.port import Encoded
from service.queue.redis import scripts
from service.queue.redis.keys import LANES, Keys
from service.queue.redis.link import Link, away
from service.queue.redis.roster import Sight
from service.queue.redis.waiting import Waiter, Waiting
from service.types import Clock

_AT_ONCE = 256
_BLOCK_MS = 1000
"""An answer ends the wait at once; this is how late lost data is noticed where no connection broke."""
_OLD_S = 1.0
"""Entries older than this are looked for now and then, even if nothing seems wrong."""
_LOOKED_FOR = 8


class Replies:
    """`run` until cancelled."""

    def __init__(
        self,
        client: "Redis",
        keys: Keys,
        stream: str,
        waiting: Waiting,
        sight: Sight,
        link: Link,
        metrics: Metrics,
        clock: Clock = time.monotonic,
    ) -> None:
        self._client = client
        self._keys = keys
        self._stream = stream
        self._waiting = waiting
        self._sight = sight
        self._link = link
        self._metrics = metrics
        self._clock = clock
        self._read: list[bytes] = []
        self._is_all_in_doubt = False
        self._looked_at = clock()

    async def run(self) -> None:
        while True:
            await self._link.retried(self._turn, self._failed)

    def doubt_all(self) -> None:
        """The data of the server is not what it was: look for every entry."""
        self._is_all_in_doubt = True

    def _failed(self) -> None:
        self.doubt_all()
        if self._link.is_given_up:
            self._waiting.fail_all(away)

    async def _turn(self) -> None:
        """Answer what has come; wait for it where nothing is wrong."""
        if suspects := self._suspects():
            await self._look_for(suspects)
        else:
            await self._take(_BLOCK_MS)

    def _suspects(self) -> Sequence[Waiter]:
        now = self._clock()
        submitted = [waiter for waiter in self._waiting if waiter.entry and not waiter.outcome.done()]
        if self._is_all_in_doubt:
            return submitted
        if now - self._looked_at < _OLD_S:
            return []
        self._looked_at = now
        return [waiter for waiter in submitted if now - waiter.since > _OLD_S][:_LOOKED_FOR]

    async def _look_for(self, suspects: Sequence[Waiter]) -> None:
        entries = {waiter: waiter.entry for waiter in suspects}
        missing: set[bytes] = set()
        for lane in LANES:
            ids = [entry for waiter, entry in entries.items() if waiter.lane == lane]
            if ids:
                missing |= set(await self._client.eval(scripts.MISSING, 1, self._keys.lane(lane), *ids))
        while await self._take(None):
            pass
        self._is_all_in_doubt = False
        for waiter, entry in entries.items():
            if entry in missing and waiter.entry == entry:
                waiter.settle(None)

    async def _take(self, block_ms: int | None) -> int:
        """Read from the start: what was read is deleted on the way. Returns how many there were."""
        pipeline = self._client.pipeline(transaction=False)
        if self._read:
            pipeline.xdel(self._stream, *self._read)
        pipeline.xread({self._stream: "0-0"}, count=_AT_ONCE, block=block_ms)
        found = (await pipeline.execute())[-1]
        entries = found[0][1] if found else []
        self._read = [entry for entry, _ in entries]
        for _, fields in entries:
            self._answer(fields)
        return len(entries)

    def _answer(self, fields: dict[bytes, Any]) -> None:
        lane = self._waiting.answer(fields[b"i"], _outcome(fields[b"p"]))
        self._metrics.queue_replies.labels("unwanted" if lane is None else "answered").inc()
        if lane is not None:
            self._sight.lanes[lane].depth, self._sight.lanes[lane].ahead_us = int(fields[b"d"]), int(fields[b"b"])


def _outcome(data: bytes) -> Encoded | EncodeError:
    try:
        return decode_answer(data)
    except CodecError as exc:
        return exc
