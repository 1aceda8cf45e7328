"""Filters by text while texts change: each answer is of one sequence number, in the writing process and beside it."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index import LocalStore
from index.catalog_connection import connect, transaction
from index.types import CollectionSpec, Filter, ItemWrite, Match, MatchText

SPEC = CollectionSpec("shoes", "tiny", "tiny/1", 4, fields=("image",))
NORTH = np.array([1, 0, 0, 0], dtype=np.float32)
LIT = Filter(must=(MatchText("lamp on"),))
LIT_OR_DARK = Filter(should=(MatchText("lamp on"), Match("is_dark", (True,))), must_not=(MatchText("broken"),))
WRITES = 60


def lamps(lit: int) -> list[ItemWrite]:
    """Three lamps in one write, of which one is on and one says by an attribute that it is dark."""
    return [
        ItemWrite(
            f"l{n}",
            f"content {lit}",
            text="a lamp: ON" if n == lit else "a lamp: off",
            attributes={"is_dark": n == (lit + 1) % 3},
            vectors={"image": NORTH},
        )
        for n in range(3)
    ]


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[tuple[LocalStore, LocalStore]]:
    """One that writes, and one that only reads, as another process does."""
    writer = LocalStore(tmp_path)
    writer.create(SPEC).upsert(lamps(0))
    reader = LocalStore(tmp_path, mode="read")
    yield writer, reader
    reader.close()
    writer.close()


def test_every_answer_is_of_one_sequence(stores: tuple[LocalStore, LocalStore]) -> None:
    writer, reader = (store.open("shoes") for store in stores)
    done = threading.Event()

    def lit() -> int:
        return len(reader.search("image", NORTH, 5, LIT))

    def lit_here() -> int:
        return len(writer.search("image", NORTH, 5, LIT, words="off"))

    def lit_or_dark() -> int:
        return reader.count(LIT_OR_DARK) - 1

    def asked(question: Callable[[], int]) -> set[int]:
        answers = {question()}
        while not done.is_set():
            answers.add(question())
        return answers

    with ThreadPoolExecutor(3) as pool:
        asking = [pool.submit(asked, question) for question in (lit, lit_here, lit_or_dark)]
        for number in range(1, WRITES):
            writer.upsert(lamps(number % 3))
        done.set()
        assert [future.result(60) for future in asking] == [{1}] * 3


def test_a_reader_sees_a_text_as_soon_as_it_is_committed(stores: tuple[LocalStore, LocalStore]) -> None:
    writer, reader = (store.open("shoes") for store in stores)
    for number in range(1, 20):
        sequence = writer.upsert(lamps(number % 3)).sequence
        assert [hit.id for hit in reader.search("image", NORTH, 5, LIT)] == [f"l{number % 3}"]
        assert reader.sequence >= sequence


def test_the_index_stays_that_of_the_items(tmp_path: Path) -> None:
    """FTS5 compares what it indexed with the table, to the last word."""
    store = LocalStore(tmp_path)
    collection, random = store.create(SPEC), np.random.default_rng(3)
    for step in range(60):
        id_ = f"i{random.integers(10)}"
        text = None if random.random() < 0.2 else " ".join(f"w{n}" for n in random.integers(0, 9, 4))
        write = ItemWrite(id_, f"{random.integers(3)}", text=text, vectors={"image": NORTH})
        collection.upsert([write, replace(write, text=f"{text} again")] if step % 5 == 0 else [write])
        if step % 7 == 0:
            collection.delete([f"i{random.integers(10)}"])
        if step % 11 == 0:
            collection.delete_matching(Filter(must=(MatchText("w1 w2"),)))
    collection.patch(collection.ids()[0], {"brand": "acme"})
    store.close()
    connection = connect(tmp_path / "shoes" / "catalog.sqlite", writable=True)
    with transaction(connection):
        connection.execute("INSERT INTO texts (texts, rank) VALUES ('integrity-check', 1)")
    connection.close()
