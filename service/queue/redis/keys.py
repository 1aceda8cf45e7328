"""Names of the keys in Redis, and how long they stay when nobody touches them any more."""

from dataclasses import dataclass

from service.queue.port import Lane

GROUP = "workers"
"""The one consumer group of each lane."""
LANES: tuple[Lane, ...] = ("interactive", "bulk")

KEEP_MS = 3_600_000
"""Of lanes and the roster: renewed by every submission and by every worker's sign of life."""
REPLIES_KEEP_MS = 300_000
"""Of a gateway's replies: longer than any deadline, so that they outlive a gateway that is away for a moment."""


@dataclass(frozen=True)
class Keys:
    """Everything lies below one prefix, so that several fleets may share a Redis."""

    prefix: str = "lookalike"

    def lane(self, lane: Lane) -> str:
        """Stream of the entries that wait or are worked on."""
        return f"{self.prefix}:encode:{lane}"

    def backlog(self, lane: Lane) -> str:
        """Integer: microseconds of encoder time that the entries of the lane stand for."""
        return f"{self.prefix}:encode:{lane}:backlog"

    def replies(self, gateway: str) -> str:
        """Stream of the answers to one gateway process."""
        return f"{self.prefix}:replies:{gateway}"

    @property
    def roster(self) -> str:
        """Hash: worker to its last sign of life."""
        return f"{self.prefix}:workers"

    @property
    def seen(self) -> str:
        """Sorted set: worker by the server's time of its last sign of life, in milliseconds."""
        return f"{self.prefix}:workers:seen"

    @property
    def epoch(self) -> str:
        """A word that changes when the data of the server is lost."""
        return f"{self.prefix}:encode:epoch"
