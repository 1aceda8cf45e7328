"""What workers say of themselves, and what a gateway makes of it. Pure values and functions; knows no connection."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from models.manifest import Manifest
from service.queue.port import Group, Lane, Tower
from service.types import QueueFigures

_VERSION = 1
_HEAD = bytes([_VERSION])


def bundle_identity(manifest: Manifest, precision: str | None = None) -> str:
    """Bundles of one identity give the same vectors: both towers, their preparation and the precision."""
    parts = (manifest.image.model_dump_json(), manifest.text.model_dump_json(), precision or manifest.precision)
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]


class Cost(msgspec.Struct, array_like=True, frozen=True):
    """Milliseconds as the worker's own queue measured them."""

    model: str
    tower: Tower
    run_ms: float
    share_ms: float
    """By how much one input makes those behind it wait for one run of the encoder."""


class Registration(msgspec.Struct, array_like=True, frozen=True):
    """A worker's sign of life."""

    worker: str
    bundles: dict[str, str]
    """Model to the identity of its bundle."""
    concurrency: int
    running: int
    waiting: tuple[int, int]
    """Taken from the lanes, not yet begun: interactive, bulk."""
    held: tuple[int, int]
    encode_ms: float
    costs: tuple[Cost, ...] = ()
    newest_run_s: float = 0.0
    """How long ago its newest run began; 0 where none is under way."""


_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Registration).decode


def encode_registration(registration: Registration) -> bytes:
    return _HEAD + _pack(registration)


def decode_registration(data: bytes) -> Registration | None:
    """None for what another release wrote: that worker is not counted."""
    if data[:1] != _HEAD:
        return None
    try:
        return _unpack(data[1:])
    except (msgspec.MsgspecError, UnicodeError):
        return None


@dataclass
class Backlog:
    """One lane as Redis last showed it."""

    depth: int = 0
    ahead_us: int = 0


@dataclass(frozen=True)
class Fleet:
    """The workers that are alive."""

    workers: Sequence[Registration] = ()

    def serving(self, bundles: Mapping[str, str]) -> "Fleet":
        """Those whose bundles are the very ones of this gateway."""
        return Fleet([worker for worker in self.workers if all(worker.bundles.get(m) == i for m, i in bundles.items())])

    @property
    def concurrency(self) -> int:
        return sum(worker.concurrency for worker in self.workers)

    def cost(self, group: Group) -> Cost:
        """Mean over the workers; zeros where nobody measured it yet."""
        found = [
            cost
            for worker in self.workers
            for cost in worker.costs
            if (cost.model, cost.tower) == group and cost.share_ms > 0
        ]
        if not found:
            return Cost(group.model, group.tower, 0.0, 0.0)
        run_ms = sum(cost.run_ms for cost in found) / len(found)
        return Cost(group.model, group.tower, run_ms, sum(cost.share_ms for cost in found) / len(found))


@dataclass
class Sight:
    """All that a gateway sees of lanes and workers. Its task and the answers renew it."""

    fleet: Fleet = field(default_factory=Fleet)
    lanes: Mapping[Lane, Backlog] = field(default_factory=lambda: {"interactive": Backlog(), "bulk": Backlog()})

    def ahead_us(self, lane: Lane) -> int:
        """Encoder time, in microseconds, that goes before an input of the lane: bulk waits for both lanes."""
        bulk = self.lanes["bulk"].ahead_us if lane == "bulk" else 0
        return self.lanes["interactive"].ahead_us + bulk

    def figures(self, capacity: Mapping[Lane, int]) -> QueueFigures:
        workers = self.fleet.workers
        runs = [worker.encode_ms for worker in workers if worker.encode_ms > 0]
        begun = [sum(worker.held[n] - worker.waiting[n] for worker in workers) for n in (0, 1)]
        return QueueFigures(
            workers=self.fleet.concurrency,
            running=sum(worker.running for worker in workers),
            waiting_interactive=max(0, self.lanes["interactive"].depth - begun[0]),
            waiting_bulk=max(0, self.lanes["bulk"].depth - begun[1]),
            capacity_interactive=capacity["interactive"],
            capacity_bulk=capacity["bulk"],
            encode_ms=sum(runs) / len(runs) if runs else 0.0,
            newest_run_s=min((worker.newest_run_s for worker in workers if worker.running), default=0.0),
        )
