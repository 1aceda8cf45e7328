"""The encode queue: the port and the adapter inside this process. Step 2 adds Redis behind the same port."""

from service.queue.local import Choice, LocalQueue, Policy, Ticket
from service.queue.port import Content, Encoded, EncodeQueue, Lane

__all__ = ["Choice", "Content", "EncodeQueue", "Encoded", "Lane", "LocalQueue", "Policy", "Ticket"]
