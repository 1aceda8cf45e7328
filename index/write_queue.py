"""A bounded queue of writes that hands them out in groups. Owns the order and the bound; runs nothing."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from index.catalog_writer import CatalogWriter
from index.errors import CollectionNotFoundError, WritesBehindError

MAX_WAITING = 64
MAX_GROUP = 16
WAIT_S = 60.0
"""So long a write waits for room in the queue before it is refused."""


@dataclass(frozen=True)
class WriteJob:
    """One caller's write. `alone` starts a group of its own: it reads what is in memory first."""

    apply: Callable[[CatalogWriter], Any]
    alone: bool = False
    outcome: "Future[Any]" = field(default_factory=Future)


class WriteQueue:
    """Many callers put, one thread takes."""

    def __init__(self, wait_s: float = WAIT_S) -> None:
        self._wait_s = wait_s
        self._jobs: deque[WriteJob] = deque()
        self._closed = False
        self._changed = threading.Condition()

    def put(self, job: WriteJob) -> None:
        """Waits while the queue is full. Raises WritesBehindError, or CollectionNotFoundError once it is closed."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._closed or len(self._jobs) < MAX_WAITING, self._wait_s):
                raise WritesBehindError(
                    f"{MAX_WAITING} writes wait for the disk, with no room in {self._wait_s:.0f} s: try again"
                )
            if self._closed:
                raise CollectionNotFoundError("the collection is closed")
            self._jobs.append(job)
            self._changed.notify_all()

    def take(self) -> list[WriteJob]:
        """The next group; empty when the queue is closed and drained."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or bool(self._jobs))
            group = [self._jobs.popleft()] if self._jobs else []
            while group and self._jobs and len(group) < MAX_GROUP and not (self._jobs[0].alone or group[0].alone):
                group.append(self._jobs.popleft())
            self._changed.notify_all()
            return group

    def close(self) -> None:
        """Refuse new jobs; those that wait are still handed out."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
