"""Follows another process's writes: polls SQLite's `data_version`. Owns the thread and its connection."""

import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from index.catalog_connection import connect, translated

POLL_S = 0.05

log = logging.getLogger(__name__)


class Follower:
    """Calls `follow` whenever the file changed. A failed poll is tried again at the next."""

    def __init__(
        self, path: Path, follow: Callable[[sqlite3.Connection], None], is_behind: Callable[[], bool] = lambda: False
    ) -> None:
        """`is_behind`: there is something to follow besides the catalogue. Cheap."""
        self._connection = connect(path, writable=False)
        self._follow = follow
        self._is_behind = is_behind
        self._name = path.parent.name
        self._stopped = threading.Event()
        self._seen: int | None = None
        self._is_failing = False
        self._thread = threading.Thread(target=self._work, name=f"follower-{self._name}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stopped.set()
        self._thread.join()
        self._connection.close()

    def _work(self) -> None:
        while not self._stopped.wait(POLL_S):
            try:
                self._poll()
                self._is_failing = False
            except Exception as error:  # noqa: BLE001 (the rim: a dead thread goes unseen)
                self._report(error)

    def _poll(self) -> None:
        with translated():
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        if version != self._seen or self._is_behind():
            self._follow(self._connection)
            self._seen = version

    def _report(self, error: Exception) -> None:
        """Once, and not twenty times a second. What is in memory stays true until it can be renewed."""
        if not self._is_failing:
            log.warning("collection '%s' cannot be followed: %s", self._name, error)
        self._is_failing = True
