"""The writing side of `mixed_load.py`: a thread of the process that searches, or a process of its own.

Two hundred upserts (half of them of known items) and fifty deletions a second. The vector of every write is read back
as soon as it is acknowledged, and one known and one new item of each turn are searched.
"""

import argparse
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path

import numpy as np
from collections_on_disk import NAME, id_of, item_of
from encoded_writes import EncodedWrites
from vector_sources import Synthetic, Vectors

from index import LocalCollection, LocalStore
from index.types import SearchParameters

K = 10
UPSERTS, DELETIONS = 20, 5
TURNS_A_SECOND = 10
ROUNDED = 0.9999
"""Least cosine of a vector with itself as it is stored."""
LOOK_S = 0.05
READY_S = 120.0
QUERIES, NEW = 2_000, 20_000
"""Made vectors that are searched, and that are written in turn."""
SPAWN = get_context("spawn")
NewVectors = Callable[[int, int], Vectors]
"""For so many writes from the one with this number: float32 [n, d]."""


@dataclass
class Written:
    """What was measured of the writes."""

    acknowledged: int = 0
    missed: list[str] = field(default_factory=list)
    """Writes that were acknowledged and not seen."""
    encode_times: list[float] = field(default_factory=list)
    write_times: list[float] = field(default_factory=list)
    late: int = 0
    """Turns that began after their time."""
    seals: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Signals:
    """What the two sides tell each other, in one process or between two."""

    ready: Event = field(default_factory=SPAWN.Event)
    begun: Event = field(default_factory=SPAWN.Event)
    ended: Event = field(default_factory=SPAWN.Event)
    sealing: Event = field(default_factory=SPAWN.Event)
    written: "Queue[Written]" = field(default_factory=SPAWN.Queue)


def start_writes(
    arguments: argparse.Namespace, folder: Path, collection: LocalCollection | None
) -> tuple[Signals, BaseProcess | threading.Thread]:
    """Begins to write when it is told to. With no collection: in a process of its own, which opens it."""
    signals = Signals()
    apart = collection is None
    target, given = (write_apart, folder) if apart else (write, collection)
    side = (SPAWN.Process if apart else threading.Thread)(target=target, args=(given, arguments, signals))
    side.start()
    if not signals.ready.wait(READY_S):
        raise SystemExit("the writing side does not start")
    return signals, side


def write_apart(folder: Path, arguments: argparse.Namespace, signals: Signals) -> None:
    with closing(LocalStore(folder)) as store:
        write(store.open(NAME), arguments, signals)


def write(collection: LocalCollection, arguments: argparse.Namespace, signals: Signals) -> None:
    with new_vectors(arguments) as vectors:
        writes = Writes(collection, vectors, arguments, signals)
        signals.ready.set()
        signals.begun.wait()
        signals.written.put(writes.run())


@contextmanager
def new_vectors(arguments: argparse.Namespace) -> Iterator[NewVectors]:
    """Encoded by a bundle, or made like those of the source."""
    if arguments.encode:
        with closing(EncodedWrites(arguments.encode)) as encoded:
            yield encoded
    else:
        made = Synthetic(arguments.count).queries("in", QUERIES + NEW)[QUERIES:]
        yield lambda first, count: made[(first + np.arange(count)) % NEW]


def taken_out(values: list[int], at: int) -> int:
    """In whatever order the others are left: to move a million up would take the time and the cache of the searches."""
    values[at], values[-1] = values[-1], values[at]
    return values.pop()


class Writes:
    """Until it is ended: one thread writes, another looks whether the builder runs."""

    def __init__(
        self, collection: LocalCollection, vectors: NewVectors, arguments: argparse.Namespace, signals: Signals
    ) -> None:
        self._collection, self._vectors, self._signals = collection, vectors, signals
        self._count, self._params = arguments.count, SearchParameters(recall=arguments.recall)
        self._known = list(range(self._count))
        self._written = Written()

    def run(self) -> Written:
        watching = threading.Thread(target=self._watch)
        watching.start()
        self._write()
        watching.join()
        return self._written

    def _write(self) -> None:
        random_, told, ended = random.Random(5), self._written, self._signals.ended
        known, next_new, turn = self._known, self._count, 0
        begun = time.perf_counter()
        while not ended.is_set():
            wait_s = begun + turn / TURNS_A_SECOND - time.perf_counter()
            told.late += wait_s < -1 / TURNS_A_SECOND
            if wait_s > 0 and ended.wait(wait_s):
                return
            old = random_.sample(known, UPSERTS // 2)
            new = list(range(next_new, next_new + UPSERTS - len(old)))
            next_new += len(new)
            known += new
            started = time.perf_counter()
            vectors = self._vectors(turn * UPSERTS, UPSERTS)
            told.encode_times.append(time.perf_counter() - started)
            deleted = [taken_out(known, random_.randrange(len(known))) for _ in range(DELETIONS)]
            self._turn(turn, old + new, vectors, deleted)
            turn += 1

    def _turn(self, turn: int, upserted: Sequence[int], vectors: Vectors, deleted: Sequence[int]) -> None:
        """A batch of upserts, one of deletions, and a look at each as soon as it is acknowledged."""
        told = self._written
        started = time.perf_counter()
        self._collection.upsert([item_of(n, vector, turn + 1) for n, vector in zip(upserted, vectors, strict=True)])
        told.write_times.append(time.perf_counter() - started)
        ids = [id_of(number) for number in upserted]
        seen = self._collection.vectors("image", ids)
        told.missed += [
            id_ for id_, mine, vector in zip(ids, seen, vectors, strict=True) if mine is None or mine @ vector < ROUNDED
        ]
        for id_, vector in ((ids[0], vectors[0]), (ids[-1], vectors[-1])):  # a known item, and a new one
            found = {hit.id for hit in self._collection.search("image", vector, K, params=self._params)}
            told.missed += [f"{id_}, searched"] if id_ not in found else []
        self._collection.delete([id_of(number) for number in deleted])
        gone = self._collection.vectors("image", [id_of(number) for number in deleted])
        told.missed += [f"deleted {id_of(n)}" for n, vector in zip(deleted, gone, strict=True) if vector is not None]
        told.acknowledged += len(upserted) + len(deleted)

    def _watch(self) -> None:
        """From the first word of a builder to its end."""
        ended, sealing = self._signals.ended, self._signals.sealing
        while not ended.wait(LOOK_S):
            writer = self._collection._writer
            if writer is None or not writer.sealing.doing:
                continue
            started = time.perf_counter()
            sealing.set()
            while writer.sealing.doing and not ended.wait(LOOK_S):
                pass
            sealing.clear()
            self._written.seals.append(time.perf_counter() - started)
