"""The encode queue and what runs its batches: the ports, and the adapters inside this process."""

from service.queue.direct import DirectRunner
from service.queue.local import Choice, LocalQueue, Policy, Ticket
from service.queue.port import Content, Encoded, EncodeQueue, Lane, Runner

__all__ = [
    "Choice",
    "Content",
    "DirectRunner",
    "EncodeQueue",
    "Encoded",
    "Lane",
    "LocalQueue",
    "Policy",
    "Runner",
    "Ticket",
]
