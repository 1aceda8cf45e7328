"""Starts a builder when enough was written, and waits for it. Owns the thread and the child process.

Exists only beside the writer, who holds the collection's lock. The builder is a process of its own, so that its
arithmetic takes no interpreter lock from searches; what it did is noticed like any other change.
"""

import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import orjson

from index.sealed.codec import CodecKind

log = logging.getLogger(__name__)
RETRY_S = 60.0
"""After a builder that failed."""


@dataclass(frozen=True)
class SealPolicy:
    """When vectors are sealed, and into what."""

    codec: CodecKind = "ivf-rabitq"
    least: int = 50_000
    """A field with fewer vectors stays exact: a scan of so many takes some milliseconds."""
    fresh_share: float = 0.1
    """So many fresh vectors, as a share of the sealed ones, start a seal."""

    def is_due(self, fresh: int, sealed: int) -> bool:
        return fresh > 0 and fresh + sealed >= self.least and fresh >= self.fresh_share * max(sealed, self.least)


DEFAULT_POLICY = SealPolicy()


@dataclass(frozen=True)
class SealProgress:
    """What the builder does just now; `doing` is empty while there is none."""

    doing: str = ""
    share: float = 0.0


class Sealer:
    """`notice` is called after each write; everything else happens in a thread of its own."""

    def __init__(
        self, root: Path, policy: SealPolicy, standing: Callable[[], tuple[int, int]], built: Callable[[], None]
    ) -> None:
        """`standing`: fresh and sealed vectors. `built`: take over the new snapshot; blocks."""
        self._root, self._policy, self._standing, self._built = root, policy, standing, built
        self._not_before = 0.0
        self._changed = threading.Condition()  # guards the three below
        self._is_noticed = True
        self._is_closed = False
        self._child: subprocess.Popen[bytes] | None = None
        self.progress = SealProgress()
        self._thread = threading.Thread(target=self._work, name=f"sealer-{root.name}", daemon=True)
        self._thread.start()

    def notice(self) -> None:
        with self._changed:
            self._is_noticed = True
            self._changed.notify()

    def close(self) -> None:
        """End the builder; what it left is removed by the next one."""
        with self._changed:
            self._is_closed = True
            if self._child is not None:
                self._child.terminate()
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        while self._wait():
            if monotonic() >= self._not_before and self._policy.is_due(*self._standing()):
                self._build()

    def _wait(self) -> bool:
        """Until there was a write; False once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_noticed or self._is_closed)
            self._is_noticed = False
            return not self._is_closed

    def _build(self) -> None:
        with self._changed:
            if self._is_closed:
                return
            command = [sys.executable, "-m", "index.sealed", str(self._root), self._policy.codec]
            command.append(str(self._policy.least))
            self._child = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        with self._child as child:
            assert child.stdout is not None
            for line in child.stdout:
                self._heard(line)
        self.progress = SealProgress()
        if not child.returncode:
            self._built()
        elif not self._is_closed:
            self._not_before = monotonic() + RETRY_S
            log.error("collection '%s' was not sealed: its builder ended with %s", self._root.name, child.returncode)

    def _heard(self, line: bytes) -> None:
        try:
            told = orjson.loads(line)
        except orjson.JSONDecodeError:
            return
        if "doing" in told:
            self.progress = SealProgress(told["doing"], told["share"])
