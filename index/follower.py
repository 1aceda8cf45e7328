"""Follows another process's writes: polls SQLite's `data_version`. Owns the thread and its connection."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from index.catalog_connection import connect, translated
from index.errors import StoreError

POLL_S = 0.05


class Follower:
    """Calls `follow` whenever the file changed. A failed poll is tried again at the next."""

    def __init__(self, path: Path, follow: Callable[[sqlite3.Connection], None]) -> None:
        self._connection = connect(path, writable=False)
        self._follow = follow
        self._stopped = threading.Event()
        self._seen: int | None = None
        self._thread = threading.Thread(target=self._work, name=f"follower-{path.parent.name}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stopped.set()
        self._thread.join()
        self._connection.close()

    def _work(self) -> None:
        while not self._stopped.wait(POLL_S):
            try:
                self._poll()
            except StoreError:
                # Busy, or a full disk under the WAL index: what is in memory stays true until the next poll.
                self._seen = None

    def _poll(self) -> None:
        with translated():
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        if version != self._seen:
            self._follow(self._connection)
            self._seen = version
