"""The one thread that writes a catalogue: takes waiting writes together, commits them once, answers each.

Owns the write connection and the thread. A write that is refused is rolled back to its savepoint and the others
commit; when the commit itself fails (a full disk), the group is tried again one by one, so that each caller
hears about its own write only.
"""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from index.catalog_connection import connect, transaction
from index.catalog_writer import CatalogWriter
from index.errors import AttributeValueError, FilterError, ItemNotFoundError
from index.write_queue import WriteJob, WriteQueue

Result = TypeVar("Result")
REFUSALS = (AttributeValueError, FilterError, ItemNotFoundError)
"""What a write may be refused for once it has begun; anything else may have spoilt the transaction."""


@dataclass(frozen=True)
class Outcome:
    """What one write of a group came to."""

    result: object = None
    error: BaseException | None = None


class GroupCommit:
    """`run` blocks until the write is durable and `committed` has made it visible."""

    def __init__(
        self, path: Path, space: str, committed: Callable[[sqlite3.Connection], None], queue: WriteQueue | None = None
    ) -> None:
        self._connection = connect(path, writable=True)
        self._catalog = CatalogWriter(self._connection, space)
        self._committed = committed
        self._queue = queue or WriteQueue()
        self._thread = threading.Thread(target=self._work, name=f"writer-{path.parent.name}", daemon=True)
        self._thread.start()

    def run(self, apply: Callable[[CatalogWriter], Result], alone: bool = False) -> Result:
        """Raises what `apply` raised, StorageFullError, WritesBehindError, or CollectionNotFoundError once closed."""
        job = WriteJob(apply, alone)
        self._queue.put(job)
        result: Result = job.outcome.result()
        return result

    def close(self) -> None:
        """Finish what waits, then end the thread."""
        self._queue.close()
        self._thread.join()
        self._connection.close()

    def _work(self) -> None:
        while group := self._queue.take():
            self._settle(group)

    def _settle(self, group: Sequence[WriteJob]) -> None:
        try:
            if group[0].alone:
                self._committed(self._connection)  # it reads memory: that must be where the catalogue is
            outcomes = self._commit(group)
        except Exception as error:  # noqa: BLE001 (the rim of the thread: every caller gets an answer)
            self._settle_apart(group, error)
        else:
            self._show(group, outcomes)

    def _settle_apart(self, group: Sequence[WriteJob], error: Exception) -> None:
        if len(group) == 1:
            _answer(group[0], Outcome(error=error))
            return
        for job in group:
            self._settle([job])

    def _show(self, group: Sequence[WriteJob], outcomes: Sequence[Outcome]) -> None:
        try:
            self._committed(self._connection)
        except Exception as error:  # noqa: BLE001 (committed but not visible: no caller may hear "done")
            outcomes = [Outcome(error=error)] * len(group)
        for job, outcome in zip(group, outcomes, strict=True):
            _answer(job, outcome)

    def _commit(self, group: Sequence[WriteJob]) -> list[Outcome]:
        with transaction(self._connection, "IMMEDIATE"):
            self._catalog.reload()
            return [self._attempt(job) for job in group]

    def _attempt(self, job: WriteJob) -> Outcome:
        self._connection.execute("SAVEPOINT write")
        try:
            outcome = Outcome(job.apply(self._catalog))
        except REFUSALS as error:
            self._connection.execute("ROLLBACK TO write")
            self._catalog.reload()
            outcome = Outcome(error=error)
        self._connection.execute("RELEASE write")
        return outcome


def _answer(job: WriteJob, outcome: Outcome) -> None:
    if outcome.error is not None:
        job.outcome.set_exception(outcome.error)
    else:
        job.outcome.set_result(outcome.result)
