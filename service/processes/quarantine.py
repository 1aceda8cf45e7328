"""Which contents were there when a process crashed, and which crashed one on their own. Bounded, and it forgets."""

import hashlib
import threading
import time
from collections import OrderedDict

from service.processes.frames import Buffer
from service.types import Clock

_LIMIT = 2
"""So many crashes, alone, are no accident."""


class Quarantine:
    """Counts crashes by key; who reached the limit is refused until its time is over."""

    def __init__(self, ttl_s: float, max_entries: int = 10_000, clock: Clock = time.monotonic) -> None:
        self._ttl_s = ttl_s
        self._max_entries = max_entries
        self._clock = clock
        self._lock = threading.Lock()
        self._strikes: OrderedDict[bytes, tuple[int, float]] = OrderedDict()  # count, and when it is forgotten

    @property
    def is_empty(self) -> bool:
        """Cheap: who asks this first hashes nothing while nothing is remembered."""
        return not self._strikes

    def __len__(self) -> int:
        """Contents that are refused now."""
        now = self._clock()
        with self._lock:
            return sum(count >= _LIMIT and end > now for count, end in self._strikes.values())

    def suspect(self, key: bytes) -> None:
        """It was there when a process crashed, perhaps beside the culprit."""
        self._count(key, 0)

    def strike(self, key: bytes) -> bool:
        """It crashed a process on its own; True when it is refused from now on."""
        return self._count(key, 1) >= _LIMIT

    def acquit(self, key: bytes) -> None:
        """It was answered on its own. Who crashed a process once stays under suspicion until it is forgotten."""
        with self._lock:
            if self._strikes.get(key, (1, 0.0))[0] == 0:
                del self._strikes[key]

    def suspects(self, key: bytes) -> bool:
        return self._strikes_of(key) is not None

    def holds(self, key: bytes) -> bool:
        return (self._strikes_of(key) or 0) >= _LIMIT

    def _strikes_of(self, key: bytes) -> int | None:
        with self._lock:
            count, end = self._strikes.get(key, (None, 0.0))
            if count is not None and end <= self._clock():
                del self._strikes[key]
                return None
            return count

    def _count(self, key: bytes, strikes: int) -> int:
        now = self._clock()
        with self._lock:
            count, end = self._strikes.pop(key, (0, now))
            count = strikes + (count if end > now else 0)
            self._strikes[key] = (count, now + self._ttl_s)
            while len(self._strikes) > self._max_entries:
                self._strikes.popitem(last=False)
            return count


def key_of(context: str, content: Buffer) -> bytes:
    """128 bits of BLAKE2b over the content, in the context of what worked on it."""
    salt = hashlib.blake2b(context.encode(), digest_size=32).digest()
    return hashlib.blake2b(content, digest_size=16, key=salt).digest()
