"""What was replaced, kept until no reader is likely to hold it. Owns the time.

Whoever lets go of a large object last frees it, under Python's lock: for a snapshot that takes tens of milliseconds
(thousands of dictionary entries, mapped files). A search that began before it was replaced should not pay for that.
"""

from collections.abc import Callable
from time import monotonic

KEPT_S = 1.0
"""Searches take milliseconds, or a few hundred of them beside what replaces a snapshot."""


class Retired:
    """One thing at a time: what comes next lets go of the one before. Not safe for concurrent use."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._kept: object = None
        self._until = 0.0

    def keep(self, replaced: object) -> None:
        self._kept, self._until = replaced, self._clock() + KEPT_S

    @property
    def is_due(self) -> bool:
        """There is something to let go of."""
        return self._kept is not None and self._clock() >= self._until

    def release(self) -> None:
        """Let go of what was kept for long enough."""
        if self.is_due:
            self._kept = None
