"""A worker's side of the lanes: take, keep, claim, finish, give back. One round trip each; none of them retries."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from service.queue.port import Lane
from service.queue.redis import scripts
from service.queue.redis.keys import GROUP, KEEP_MS, LANES, REPLIES_KEEP_MS, Keys
from service.queue.redis.link import BLOCK_MS
from service.queue.redis.lookout import ALIVE_MS
from service.queue.redis.outbox import Argument, Outbox

_FORGET_MS = 10 * ALIVE_MS
_SWEEP_IDLE_MS = 600_000
"""Blocking reads renew a living worker's mark every few seconds."""


@dataclass(frozen=True, eq=False)
class Entry:
    """One request in this worker's hands."""

    lane: Lane
    id: bytes
    request: bytes
    reply_to: bytes
    task: bytes
    deliveries: int = 1

    @property
    def sent_ms(self) -> int:
        """The server's time when it was submitted."""
        return int(self.id.split(b"-")[0])


class Inbox:
    """`name` is the consumer's: of one process, never used again. All calls raise redis-py's errors."""

    def __init__(self, client: "Redis", keys: Keys, name: str, outbox: Outbox) -> None:
        self._client = client
        self._keys = keys
        self._name = name
        self._outbox = outbox

    async def take(self, lane: Lane, count: int, *, waits: bool) -> list[Entry]:
        """The next entries of a lane, oldest first; `waits` for the first one, for two seconds at most."""
        stream = self._keys.lane(lane)
        try:
            found: Any = await self._client.xreadgroup(
                GROUP, self._name, {stream: ">"}, count=count, block=BLOCK_MS if waits else None
            )
        except ResponseError as exc:
            await self._make_group(lane, exc)
            return []
        return [entry for _, entries in found or () for id_, fields in entries if (entry := _entry(lane, id_, fields))]

    async def claim(self, lane: Lane, idle_ms: int, count: int) -> list[Entry]:
        """Entries whose worker gave no sign for `idle_ms`, with the number of times they were delivered."""
        try:
            found = await self._client.eval(scripts.CLAIM, 1, self._keys.lane(lane), GROUP, self._name, idle_ms, count)
        except ResponseError as exc:
            await self._make_group(lane, exc)
            return []
        entries = (_entry(lane, id_, _paired(fields), seen) for id_, fields, seen in found)
        return [entry for entry in entries if entry is not None]

    async def keep(self, lane: Lane, entries: Sequence[Entry]) -> set[bytes]:
        """Say that this worker is at them; returns the ids of those that are still wanted."""
        ids: Any = [entry.id for entry in entries]
        try:
            kept: Any = await self._client.xclaim(self._keys.lane(lane), GROUP, self._name, 0, ids, justid=True)
            return set(kept)
        except ResponseError as exc:
            await self._make_group(lane, exc)
            return set()

    async def finish(self, entry: Entry, cost_us: int, answer: bytes) -> bool:
        """Acknowledge, delete and answer in one step; False where somebody else did, or nobody waits."""
        keys = [self._keys.lane(entry.lane), self._keys.backlog(entry.lane), entry.reply_to.decode()]
        arguments: list[Argument] = [GROUP, entry.id, cost_us, entry.request, answer, REPLIES_KEEP_MS]
        return bool(await self._outbox.send(scripts.FINISH, keys, arguments))

    async def give_back(self) -> int:
        """Whatever this worker was given and has not finished: others may claim it at once."""
        lanes = [self._keys.lane(lane) for lane in LANES]
        given: int = await self._client.eval(scripts.GIVE_BACK, len(lanes), *lanes, GROUP, self._name)
        return given

    async def register(self, registration: bytes) -> int:
        """A sign of life; keeps the lanes from expiring. Returns the server's time in milliseconds."""
        keys = [self._keys.roster, self._keys.seen]
        for lane in LANES:
            keys += [self._keys.lane(lane), self._keys.backlog(lane)]
        now: int = await self._client.eval(
            scripts.REGISTER, len(keys), *keys, self._name, registration, _FORGET_MS, KEEP_MS
        )
        return now

    async def sweep(self) -> None:
        """Forget the consumers of workers that are long gone."""
        for lane in LANES:
            try:
                await self._client.eval(scripts.SWEEP, 1, self._keys.lane(lane), GROUP, _SWEEP_IDLE_MS)
            except ResponseError as exc:
                await self._make_group(lane, exc)

    async def leave(self) -> None:
        """Off the roster, for good."""
        keys = [self._keys.roster, self._keys.seen, *(self._keys.lane(lane) for lane in LANES)]
        await self._client.eval(scripts.LEAVE, len(keys), *keys, GROUP, self._name)

    async def _make_group(self, lane: Lane, error: ResponseError) -> None:
        """The lane is new, or Redis lost it. Raises `error` again where that is not what it says."""
        if not any(word in str(error) for word in ("NOGROUP", "no longer exists", "no such key")):
            raise error
        try:
            await self._client.xgroup_create(self._keys.lane(lane), GROUP, id="0", mkstream=True)
        except ResponseError as exc:
            if "BUSYGROUP" not in str(exc):
                raise


def _entry(lane: Lane, id_: bytes, fields: dict[bytes, bytes] | None, deliveries: int = 1) -> Entry | None:
    """None for an entry that was deleted after it was delivered."""
    if not fields:
        return None
    return Entry(lane, id_, fields[b"i"], fields[b"t"], fields[b"p"], deliveries)


def _paired(flat: Sequence[Any]) -> dict[bytes, bytes]:
    return dict(zip(flat[::2], flat[1::2], strict=True))
