"""Starts a builder when enough was written, and waits for it. Owns the thread and the child process.

Exists only beside the writer, who holds the collection's lock. The builder is a process of its own, so that its
arithmetic takes no interpreter lock from searches; what it did is noticed like any other change.
"""

import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic

import orjson

from index.errors import SealingBehindError, StoreError
from index.index_info import SealProgress
from index.sealed.policy import FieldStanding, SealPolicy

log = logging.getLogger(__name__)
NICENESS = 15
"""Of a builder from its first instruction on: what it imports keeps a core busy for a second."""
LOOK_S = 60.0
"""Without a write, it is looked so often whether something became due by its age."""


class Sealer:
    """`notice` is called after each write; everything else happens in a thread of its own."""

    def __init__(
        self,
        root: Path,
        policy: SealPolicy,
        standing: Callable[[], Sequence[FieldStanding]],
        built: Callable[[], None],
    ) -> None:
        """`standing`: of each field, now. `built`: take over the new snapshot; blocks."""
        self._root, self._policy, self._standing, self._built = root, policy, standing, built
        self._not_before = 0.0
        self._changed = threading.Condition()  # guards the four below
        self._is_noticed = True
        self._is_to_measure = False
        self._is_closed = False
        self._child: subprocess.Popen[bytes] | None = None
        self.progress = SealProgress()
        self._thread = threading.Thread(target=self._work, name=f"sealer-{root.name}", daemon=True)
        self._thread.start()

    def notice(self) -> None:
        with self._changed:
            self._is_noticed = True
            self._changed.notify_all()

    def wait_for_room(self) -> None:
        """Blocks while the fresh vectors take too much memory. Raises SealingBehindError.

        Looks again at each `notice`: after every write, and so when what was built is taken over.
        """
        if not self._is_full():
            return
        with self._changed:
            if self._changed.wait_for(lambda: self._is_closed or not self._is_full(), self._policy.wait_s):
                return
        raise SealingBehindError(
            f"collection '{self._root.name}' takes no more vectors until some are sealed: try again later, and read "
            "the log of its server if it stays so"
        )

    def measure(self) -> None:
        """Measure what is sealed again, though nothing was written."""
        with self._changed:
            self._is_to_measure = True
        self.notice()

    def close(self) -> None:
        """End the builder; what it left is removed by the next one."""
        with self._changed:
            self._is_closed = True
            if self._child is not None:
                self._child.terminate()
            self._changed.notify_all()
        self._thread.join()

    def _work(self) -> None:
        while self._wait():
            if monotonic() < self._not_before:
                continue
            measure, before = self._taken(), self._sealed()
            if measure or self._reason():
                self._build(measure)
                if self._reason() and self._sealed() == before:  # it could not change that: not again at once
                    self._not_before = max(self._not_before, monotonic() + self._policy.retry_s)

    def _wait(self) -> bool:
        """Until there was a write or some time passed; False once closed."""
        with self._changed:
            look_s = min(LOOK_S, self._policy.age_s)
            self._changed.wait_for(lambda: self._is_noticed or self._is_closed, look_s)
            self._is_noticed = False
            return not self._is_closed

    def _is_full(self) -> bool:
        return any(self._policy.is_full(one) for one in self._standing())

    def _taken(self) -> bool:
        with self._changed:
            measure, self._is_to_measure = self._is_to_measure, False
            return measure

    def _reason(self) -> str | None:
        return next((why for one in self._standing() if (why := self._policy.reason(one))), None)

    def _sealed(self) -> list[tuple[int, int]]:
        return [(one.sealed, one.wasted) for one in self._standing()]

    def _build(self, measure: bool) -> None:
        least = min(self._policy.least_of(one.dimension) for one in self._standing())
        with self._changed:
            if self._is_closed:
                return
            command = builder_command(self._root, least, *(["measure"] if measure else []))
            try:
                self._child = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
            except OSError as error:  # no memory, or no process left
                self._failed(f"its builder could not be started: {error}")
                return
        with self._child as child:
            assert child.stdout is not None
            for line in child.stdout:
                self._heard(line)
        self.progress = SealProgress()
        if child.returncode == 0:
            self._take_over()
        elif not self._is_closed:
            self._failed(f"its builder ended with {child.returncode}")

    def _take_over(self) -> None:
        try:
            self._built()
        except StoreError as error:  # a full disk: the follower takes it over too
            self._failed(str(error))

    def _failed(self, why: str) -> None:
        self._not_before = monotonic() + self._policy.retry_s
        log.error("collection '%s' was not sealed: %s", self._root.name, why)

    def _heard(self, line: bytes) -> None:
        try:
            told = orjson.loads(line)
        except orjson.JSONDecodeError:
            return
        if "doing" in told:
            self.progress = SealProgress(told["doing"], told["share"])


def builder_command(root: Path, least: int, *options: str, codec: str = "own") -> list[str]:
    """Seals a collection at low priority: see `index.sealed.__main__`."""
    return ["nice", "-n", str(NICENESS), sys.executable, "-m", "index.sealed", str(root), codec, str(least), *options]
