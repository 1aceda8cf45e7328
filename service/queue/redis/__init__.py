"""The encode queue over Redis Streams: the gateway's adapter, and the worker's side of the lanes. Needs redis-py."""

from service.queue.redis.inbox import Entry, Inbox
from service.queue.redis.keys import GROUP, LANES, Keys
from service.queue.redis.link import AWAY, Link, connect, end
from service.queue.redis.outbox import Outbox
from service.queue.redis.queue import RedisQueue
from service.queue.redis.roster import Cost, Registration, bundle_identity, encode_registration

__all__ = [
    "AWAY",
    "GROUP",
    "LANES",
    "Cost",
    "Entry",
    "Inbox",
    "Keys",
    "Link",
    "Outbox",
    "RedisQueue",
    "Registration",
    "bundle_identity",
    "connect",
    "encode_registration",
    "end",
]
