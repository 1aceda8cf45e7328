"""Writes that share a transaction: each caller hears about its own, and only about that.

The jobs stand in the queue before the writer starts, so which of them form a group is no matter of chance.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from index.catalog import create_catalog
from index.catalog_connection import connect
from index.catalog_writer import CatalogWriter
from index.errors import AttributeValueError, CollectionNotFoundError, StorageFullError, WritesBehindError
from index.group_commit import GroupCommit
from index.prepared_item import prepare
from index.types import Attributes, CollectionSpec, ItemWrite
from index.write_queue import MAX_GROUP, MAX_WAITING, WriteJob, WriteQueue

SPEC = CollectionSpec("shoes", "starter", "starter-1", 4, attributes={"price": "number"})
EAST = np.array([1, 0, 0, 0], dtype=np.float32)

Write = Callable[[CatalogWriter], object]


def upsert(id_: str, attributes: Attributes | None = None) -> Write:
    prepared = prepare(ItemWrite(id_, id_, attributes=attributes or {}, vectors={"image": EAST}), SPEC)
    return lambda writer: writer.upsert([prepared]).results[0].status


def fill_disk(writer: CatalogWriter) -> None:
    raise StorageFullError("no space left")


def divide_by_zero(writer: CatalogWriter) -> float:
    return 1 / 0


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    create_catalog(tmp_path / "catalog.sqlite", SPEC)
    yield tmp_path / "catalog.sqlite"


def run_together(path: Path, writes: Sequence[Write], shown: Callable[[], None] = lambda: None) -> list[object]:
    """What each write came to: its result or its error."""
    queue, jobs = WriteQueue(), [WriteJob(write) for write in writes]
    for job in jobs:
        queue.put(job)
    commits = GroupCommit(path, SPEC.space_id, lambda _: shown(), queue)
    outcomes = [job.outcome.exception(30) or job.outcome.result() for job in jobs]
    commits.close()
    return outcomes


def read(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(connect(path, writable=False)) as connection:
        return connection.execute(query).fetchall()


def test_waiting_writes_share_one_commit(path: Path) -> None:
    commits: list[int] = []
    outcomes = run_together(path, [upsert(f"i{n}") for n in range(MAX_GROUP)], lambda: commits.append(1))
    assert outcomes == ["created"] * MAX_GROUP
    assert len(commits) == 1
    assert read(path, "SELECT max(sequence), count(*) FROM items") == [(MAX_GROUP, MAX_GROUP)]


def test_a_refused_write_takes_only_itself_back(path: Path) -> None:
    clash = upsert("bad", {"new": 1, "price": "cheap"})
    first, refused, last = run_together(path, [upsert("a", {"price": 1}), clash, upsert("b", {"new": "yes"})])
    assert (first, last) == ("created", "created")
    assert isinstance(refused, AttributeValueError)
    assert read(path, "SELECT id, sequence FROM items ORDER BY row") == [("a", 1), ("b", 2)]
    assert ("new", "keyword") in read(path, "SELECT * FROM attributes")  # not the number it was refused with


@pytest.mark.parametrize("broken", [fill_disk, divide_by_zero])
def test_an_error_that_spoils_the_transaction_reaches_only_its_caller(path: Path, broken: Write) -> None:
    first, failed, last = run_together(path, [upsert("a"), broken, upsert("b")])
    assert (first, last) == ("created", "created")
    assert isinstance(failed, StorageFullError | ZeroDivisionError)
    assert read(path, "SELECT id FROM items ORDER BY id") == [("a",), ("b",)]


def test_a_write_that_cannot_be_shown_is_not_answered_as_done(path: Path) -> None:
    def fail() -> None:
        raise sqlite3.OperationalError("disk I/O error")

    assert isinstance(run_together(path, [upsert("a")], fail)[0], sqlite3.OperationalError)


def test_a_lonely_write_is_in_a_group_of_its_own() -> None:
    queue = WriteQueue()
    for alone in (False, False, True, False):
        queue.put(WriteJob(upsert("a"), alone=alone))
    queue.close()
    assert [len(queue.take()) for _ in range(4)] == [2, 1, 1, 0]


def test_a_write_that_gets_no_turn_is_refused_and_those_before_it_are_not(path: Path) -> None:
    queue, jobs = WriteQueue(wait_s=0.01), [WriteJob(upsert(f"i{n}")) for n in range(MAX_WAITING)]
    for job in jobs:
        queue.put(job)
    with pytest.raises(WritesBehindError, match=f"{MAX_WAITING} writes wait"):
        queue.put(WriteJob(upsert("late")))
    commits = GroupCommit(path, SPEC.space_id, lambda _: None, queue)
    assert [job.outcome.result(30) for job in jobs] == ["created"] * MAX_WAITING
    commits.close()
    assert read(path, "SELECT count(*), max(id = 'late') FROM items") == [(MAX_WAITING, 0)]


def test_a_closed_writer_finishes_what_waits_and_takes_no_more(path: Path) -> None:
    commits = GroupCommit(path, SPEC.space_id, lambda _: None)
    assert commits.run(upsert("a")) == "created"
    commits.close()
    with pytest.raises(CollectionNotFoundError):
        commits.run(upsert("b"))
    assert read(path, "SELECT id FROM items") == [("a",)]
