"""Kills a writing process at random instants, and checks after each what the store holds against the journal.

The model is the fake store, to which the same batches are applied: after each kill, what belongs to a thread must
equal the model after its acknowledged batches, or after one more (committed, but the process died before it could
say so). Nothing in between passes.
"""

import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from index import Collection, LocalStore
from index.types import Filter, Item, Match, Vector
from tests.fakes.collection_store import FakeCollection
from tests.integration.index.journalled_batches import IDS, SPEC, THREADS, batch

ROOT = Path(__file__).parents[3]
LONGEST_S = 0.4
KEYWORDS = ("owner", "brand", "tags")


class Killing:
    """A store that is written, killed and checked, round after round."""

    def __init__(self, directory: Path, seed: int) -> None:
        self._directory = directory
        self._chance = random.Random(seed)
        self._written = [0] * THREADS
        self._models = [FakeCollection(SPEC) for _ in range(THREADS)]

    @property
    def batches(self) -> int:
        return sum(self._written)

    def round(self) -> None:
        """Write, kill, reopen, check."""
        self._write_and_kill()
        store = LocalStore(self._directory / "data")
        if SPEC.name in store.names():
            collection = store.open(SPEC.name)
            for thread in range(THREADS):
                self._check(collection, thread)
            check_agreement(collection)
        store.close()

    def _write_and_kill(self) -> None:
        command = [sys.executable, "-m", "tests.integration.index.journalled_writer", str(self._directory)]
        firsts = [str(written) for written in self._written]
        with subprocess.Popen([*command, *firsts], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            if self._chance.random() < 0.9:  # else it may die while it opens the store
                assert process.stdout.readline() == "writing\n"
            try:
                code = process.wait(self._chance.uniform(0, LONGEST_S))
            except subprocess.TimeoutExpired:
                process.kill()
            else:
                raise AssertionError(f"the writer ended by itself with {code}")

    def _check(self, collection: Collection, thread: int) -> None:
        model, acknowledged = self._models[thread], self._acknowledged(thread)
        for number in range(self._written[thread], acknowledged):
            batch(thread, number).write(model)
        self._written[thread] = acknowledged
        if contents(collection, thread) != contents(model, thread):
            batch(thread, acknowledged).write(model)
            self._written[thread] += 1
            assert contents(collection, thread) == contents(model, thread), f"thread {thread}, batch {acknowledged}"

    def _acknowledged(self, thread: int) -> int:
        """How many batches: those of earlier rounds that died before the journal were checked and count."""
        journal = self._directory / f"journal-{thread}"
        lines = journal.read_text().splitlines() if journal.exists() else []
        return max(self._written[thread], int(lines[-1]) + 1 if lines else 0)


def contents(collection: Collection, thread: int) -> list[object]:
    """All that is stored of a thread's items, as the truth has it."""
    ids = [f"t{thread}-{n}" for n in range(IDS)]
    vectors = [collection.vectors(field, ids) for field in SPEC.fields]
    return [
        _whole(collection, item, item_vectors)
        for item, *item_vectors in zip(collection.get(ids), *vectors, strict=True)
    ]


def _whole(collection: Collection, item: Item | None, vectors: Sequence[Vector | None]) -> object:
    if item is None:
        return None
    stored = [None if vector is None else vector.tobytes() for vector in vectors]
    picture = collection.picture(item.id)
    return item.text, item.content_hash, dict(item.attributes), item.picture_ref, picture, stored


def check_agreement(collection: Collection) -> None:
    """What searches and filters find is what the catalogue holds."""
    ids = list(collection.ids(limit=10 * IDS))
    items = [item for item in collection.get(ids) if item is not None]
    assert len(items) == len(ids) == collection.count() == collection.info().items
    for key in KEYWORDS:
        for value in {value for item in items for value in words(item, key)}:
            expected = sum(value in words(item, key) for item in items)
            assert collection.count(Filter(must=(Match(key, (value,)),))) == expected
    for field in SPEC.fields:
        found = {hit.id for hit in collection.search(field, np.ones(16, dtype=np.float32), 10 * IDS)}
        stored = zip(ids, collection.vectors(field, ids), strict=True)
        assert found == {id_ for id_, vector in stored if vector is not None}


def words(item: Item, key: str) -> tuple[str, ...]:
    value = item.attributes.get(key)
    return value if isinstance(value, tuple) else (str(value),)
