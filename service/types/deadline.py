"""The moment after which nobody wants the answer any more."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

Clock: TypeAlias = Callable[[], float]
"""Seconds that only grow, from any origin."""


@dataclass(frozen=True)
class Deadline:
    """A point in time of `clock`; travels with the work it bounds."""

    at: float
    clock: Clock = time.monotonic

    @classmethod
    def after(cls, seconds: float, clock: Clock = time.monotonic) -> "Deadline":
        return cls(clock() + seconds, clock)

    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.at - self.clock())

    @property
    def is_expired(self) -> bool:
        return self.clock() >= self.at
