"""The encode queue and what runs its batches: the ports, and the adapters inside this process."""

from service.queue.direct import DirectRunner
from service.queue.lanes import LANES, Ticket
from service.queue.local import LocalQueue
from service.queue.port import Content, Encoded, EncodeQueue, Estimate, Group, Lane, Runner, Tower

__all__ = [
    "LANES",
    "Content",
    "DirectRunner",
    "EncodeQueue",
    "Encoded",
    "Estimate",
    "Group",
    "Lane",
    "LocalQueue",
    "Runner",
    "Ticket",
    "Tower",
]
