"""What waits for the encoder. Owns the order; every operation costs the same however much waits."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import count

from service.queue.port import Content, Encoded, Group, Lane
from service.types import Deadline

LANES: Sequence[Lane] = ("interactive", "bulk")
"""In order of precedence."""


@dataclass(frozen=True, eq=False)
class Ticket:
    """One input that waits. `eq=False`: a ticket is itself, whatever it holds."""

    group: Group
    content: Content
    lane: Lane
    deadline: Deadline
    arrived: float
    """Of the queue's clock."""
    trace: object = None
    """The span that asked (`Tracing.here`)."""
    future: "Future[Encoded]" = field(default_factory=Future)

    @property
    def length(self) -> int:
        """Of a text, in characters; pictures are all alike."""
        return len(self.content) if isinstance(self.content, str) else 0


def alike(tickets: Sequence[Ticket], rows: int, pressing_s: float) -> list[Ticket]:
    """The oldest, and of the next oldest those that are most like it: texts of one width share a run.

    `tickets`: the oldest first. Only twice `rows` are looked at, and who has less than `pressing_s` left goes first, so
    that nobody is passed over for long.
    """
    length = tickets[0].length
    ordered = sorted(
        tickets[: 2 * rows],
        key=lambda ticket: (ticket.deadline.remaining() > pressing_s, abs(ticket.length - length)),
    )
    return ordered[:rows]


class Lanes:
    """Tickets by lane and group, each in order of arrival. Not thread-safe: its owner has a lock."""

    def __init__(self) -> None:
        self._waiting: dict[Lane, dict[Group, OrderedDict[Ticket, int]]] = {lane: {} for lane in LANES}
        self._depths: dict[Lane, int] = dict.fromkeys(LANES, 0)
        self._numbers = count()

    def add(self, ticket: Ticket) -> None:
        self._waiting[ticket.lane].setdefault(ticket.group, OrderedDict())[ticket] = next(self._numbers)
        self._depths[ticket.lane] += 1

    def remove(self, ticket: Ticket) -> bool:
        """Whether it was still there."""
        groups = self._waiting[ticket.lane]
        tickets = groups.get(ticket.group)
        if tickets is None or tickets.pop(ticket, None) is None:
            return False
        if not tickets:
            del groups[ticket.group]
        self._depths[ticket.lane] -= 1
        return True

    def depth(self, lane: Lane) -> int:
        return self._depths[lane]

    @property
    def total(self) -> int:
        return sum(self._depths.values())

    def depths(self, lane: Lane) -> Mapping[Group, int]:
        """How many wait in a lane, by group."""
        return {group: len(tickets) for group, tickets in self._waiting[lane].items()}

    def first(self) -> Ticket | None:
        """The oldest of the first lane that holds one."""
        for groups in self._waiting.values():
            heads = [next(iter(tickets.items())) for tickets in groups.values()]
            if heads:
                return min(heads, key=lambda head: head[1])[0]
        return None

    def of(self, lane: Lane, group: Group) -> Iterator[Ticket]:
        """The oldest first. The lane must not change while this is walked."""
        return iter(self._waiting[lane].get(group, {}))

    def everything(self) -> list[Ticket]:
        return [ticket for groups in self._waiting.values() for tickets in groups.values() for ticket in tickets]
