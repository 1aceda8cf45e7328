"""Searches beside writes, deletions and re-seals: latency, recall, visibility of every write, disk at the end.

    python benchmarks/index/mixed_load.py                                       1 million items, 10 minutes
    python benchmarks/index/mixed_load.py --count 100000 --seconds 60 --quiet-seconds 20
    python benchmarks/index/mixed_load.py --encode data/bundles/starter         texts, encoded before they are written

First searches alone for a while, then 200 upserts (half of them of known items) and 50 deletions a second beside the
same searches, one caller each; the store seals when it finds that it is time. Vectors come with the writes, or a
bundle in another process first encodes the texts that are written. The vector of every write is read back as soon as
it is acknowledged, and one known and one new item of each turn are searched. One search in fifty is repeated exactly
over what it saw, for which the searches pause and the writes do not. Goals: p99 during a seal at most twice that
without writes; every acknowledged write visible; recall never under the target less 0.01; disk at the end within 1.3
times catalogue plus one snapshot.
"""

import argparse
import os
import random
import shutil
import statistics
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from collections_on_disk import NAME, id_of, item_of, seal_by_child, write_stream
from encoded_writes import EncodedWrites
from memory import Watched
from vector_sources import Synthetic, Vectors

from index import LocalCollection, LocalStore
from index.types import SearchParameters, Vector

sys.path.append(str(Path(__file__).parent.parent / "encoder"))
from figures import ms, quantile, setting, table

K = 10
UPSERTS, DELETIONS = 20, 5
TURNS_A_SECOND = 10
SAMPLED = 50
ROUNDED = 0.9999
"""Least cosine of a vector with itself as it is stored."""
LOOK_S = 0.05
QUERIES, NEW = 2_000, 20_000
"""Made vectors that are searched, and that are written in turn."""
WINDOW = 20
"""Sampled recalls in one mean."""
NewVectors = Callable[[int, int], Vectors]
"""For so many writes from the one with this number: float32 [n, d]."""


@dataclass
class Told:
    """What was measured."""

    latencies: dict[str, list[float]] = field(default_factory=lambda: {"alone": [], "writes": [], "seal": []})
    recalls: list[float] = field(default_factory=list)
    acknowledged: int = 0
    missed: list[str] = field(default_factory=list)
    """Writes that were acknowledged and not seen."""
    encode_times: list[float] = field(default_factory=list)
    write_times: list[float] = field(default_factory=list)
    late: int = 0
    """Turns of the writer that began after their time."""


def main() -> None:
    arguments = parse()
    print(setting(f"mixed load, {arguments.count:,} items, {arguments.seconds:.0f} s"), flush=True)
    encoded = EncodedWrites(arguments.encode) if arguments.encode else None
    source = Synthetic(arguments.count, encoded.dimension) if encoded else Synthetic(arguments.count)
    folder = arguments.folder / f"mixed-{arguments.count}"
    shutil.rmtree(folder, ignore_errors=True)
    if arguments.made:
        shutil.copytree(arguments.made, folder)
    else:
        write_stream(folder, source)
        seal_by_child(folder, arguments.codec, 1_000, 2)
    os.sync()  # else the disk is busy with what was just written while the first searches are measured
    store = LocalStore(folder)
    collection = store.open(NAME)
    first = disk_share(folder)
    run = Run(collection, source, encoded, arguments)
    run.search_alone()
    run.mix()
    store.close()
    if encoded:
        encoded.close()
    report(run, first, disk_share(folder), arguments.count)
    shutil.rmtree(folder)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--quiet-seconds", type=float, default=60.0)
    parser.add_argument("--recall", type=float, default=0.95)
    parser.add_argument("--searches", type=float, default=50.0, help="a second")
    parser.add_argument("--codec", default="ivf-rabitq")
    parser.add_argument("--folder", type=Path, default=Path("data/index-benchmark"))
    parser.add_argument("--made", type=Path, help="a folder of overhead.py with as many items, to begin with a copy")
    parser.add_argument("--encode", type=Path, help="a bundle that encodes what is written")
    return parser.parse_args()


class Run:
    """One collection; the main thread searches, one writes, one looks whether the builder runs."""

    def __init__(
        self,
        collection: LocalCollection,
        source: Synthetic,
        new_vectors: NewVectors | None,
        arguments: argparse.Namespace,
    ) -> None:
        """`new_vectors` of None: made ones, like those of the source."""
        self._collection, self._arguments = collection, arguments
        self._params = SearchParameters(recall=arguments.recall)
        made = source.queries("in", QUERIES + NEW)
        self._queries = made[:QUERIES]
        self._new_vectors = new_vectors or (lambda first, count: made[QUERIES + (first + np.arange(count)) % NEW])
        self._ended = threading.Event()
        self._is_sealing = threading.Event()
        self.told = Told()
        self.seals: list[float] = []
        self.most_anonymous = 0

    def search_alone(self) -> None:
        self._search(self._arguments.quiet_seconds, lambda: "alone")

    def mix(self) -> None:
        threads = [threading.Thread(target=self._write), threading.Thread(target=self._watch)]
        with Watched(os.getpid()) as watched:
            for thread in threads:
                thread.start()
            self._search(self._arguments.seconds, lambda: "seal" if self._is_sealing.is_set() else "writes")
            self._ended.set()
            for thread in threads:
                thread.join()
        self.most_anonymous = watched.most.anonymous

    def _search(self, seconds: float, phase: Callable[[], str]) -> None:
        """So many a second, one after another; each is put to the phase in which it began. A comparison is no reason
        to hurry afterwards: what was due meanwhile is due later."""
        begun = time.perf_counter()
        number, late = 0, 0.0
        while (now := time.perf_counter()) < begun + seconds:
            due = begun + late + number / self._arguments.searches
            if due > now and self._ended.wait(due - now):
                return
            query, when = self._queries[number % len(self._queries)], phase()
            started = time.perf_counter()
            self._collection.search("image", query, K, params=self._params)
            self.told.latencies[when].append(time.perf_counter() - started)
            if number % SAMPLED == 0:
                paused = time.perf_counter()
                self._compare(query)
                late += time.perf_counter() - paused
            number += 1

    def _compare(self, query: Vector) -> None:
        """The same search and the exact one, over the same rows."""
        check = self._collection.check_recall("image", query, K, params=self._params)
        assert check is not None, "something is sealed"
        self.told.recalls.append(check.recall)

    def _write(self) -> None:
        random_ = random.Random(5)
        known, next_new, turn = list(range(self._arguments.count)), self._arguments.count, 0
        begun = time.perf_counter()
        while not self._ended.is_set():
            wait_s = begun + turn / TURNS_A_SECOND - time.perf_counter()
            self.told.late += wait_s < -1 / TURNS_A_SECOND
            if wait_s > 0 and self._ended.wait(wait_s):
                return
            old = random_.sample(known, UPSERTS // 2)
            new = list(range(next_new, next_new + UPSERTS - len(old)))
            next_new += len(new)
            known += new
            started = time.perf_counter()
            vectors = self._new_vectors(turn * UPSERTS, UPSERTS)
            self.told.encode_times.append(time.perf_counter() - started)
            deleted = [known.pop(random_.randrange(len(known))) for _ in range(DELETIONS)]
            self._turn(turn, old + new, vectors, deleted)
            turn += 1

    def _turn(self, turn: int, upserted: Sequence[int], vectors: Vectors, deleted: Sequence[int]) -> None:
        """A batch of upserts, one of deletions, and a look at each as soon as it is acknowledged."""
        started = time.perf_counter()
        self._collection.upsert([item_of(n, vector, turn + 1) for n, vector in zip(upserted, vectors, strict=True)])
        self.told.write_times.append(time.perf_counter() - started)
        ids = [id_of(number) for number in upserted]
        seen = self._collection.vectors("image", ids)
        self.told.missed += [
            id_ for id_, mine, vector in zip(ids, seen, vectors, strict=True) if mine is None or mine @ vector < ROUNDED
        ]
        for id_, vector in ((ids[0], vectors[0]), (ids[-1], vectors[-1])):  # a known item, and a new one
            found = {hit.id for hit in self._collection.search("image", vector, K, params=self._params)}
            self.told.missed += [f"{id_}, searched"] if id_ not in found else []
        self._collection.delete([id_of(number) for number in deleted])
        gone = self._collection.vectors("image", [id_of(number) for number in deleted])
        self.told.missed += [
            f"deleted {id_of(n)}" for n, vector in zip(deleted, gone, strict=True) if vector is not None
        ]
        self.told.acknowledged += len(upserted) + len(deleted)

    def _watch(self) -> None:
        """From the first word of a builder to its end."""
        while not self._ended.wait(LOOK_S):
            writer = self._collection._writer
            if writer is None or not writer.sealing.doing:
                continue
            started = time.perf_counter()
            self._is_sealing.set()
            while writer.sealing.doing and not self._ended.wait(LOOK_S):
                pass
            self._is_sealing.clear()
            self.seals.append(time.perf_counter() - started)


def disk_share(folder: Path) -> tuple[int, int]:
    """Bytes of the catalogue, and of all that is derived from it."""
    files = [path for path in (folder / NAME).rglob("*") if path.is_file()]
    catalog = sum(path.stat().st_blocks * 512 for path in files if path.name.startswith("catalog.sqlite"))
    return catalog, sum(path.stat().st_blocks * 512 for path in files) - catalog


def report(run: Run, first: tuple[int, int], last: tuple[int, int], count: int) -> None:
    told = run.told
    rows = [
        (phase, f"{len(times):,}", *(ms(quantile(times, share)) for share in (0.5, 0.99)), ms(max(times, default=0.0)))
        for phase, times in told.latencies.items()
    ]
    print(table(("searches", "", "p50 ms", "p99 ms", "most ms"), rows))
    alone, seal = (quantile(told.latencies[phase], 0.99) for phase in ("alone", "seal"))
    print(f"p99 during a seal: {seal / alone:.2f} times that without writes (goal at most 2)")
    print(f"seals: {len(run.seals)}, of {', '.join(f'{seconds:.0f} s' for seconds in run.seals)}")
    print(f"writes: {told.acknowledged:,} acknowledged, {len(told.missed)} not seen {told.missed[:3]}; ", end="")
    print(f"p99 of a batch {ms(quantile(told.write_times, 0.99))} ms, ", end="")
    print(f"of its encoding {ms(quantile(told.encode_times, 0.99))} ms; {told.late} turns late")
    means = [statistics.mean(told.recalls[n : n + WINDOW]) for n in range(0, len(told.recalls), WINDOW)]
    print(f"recall@{K} of {len(told.recalls)} sampled: {statistics.mean(told.recalls):.3f}; ", end="")
    print(f"least mean of {WINDOW}: {min(means):.3f}")
    print(f"most anonymous memory: {run.most_anonymous / count:.0f} bytes an item")
    print(f"disk: catalogue {last[0] / 2**20:,.0f} MiB, derived {last[1] / 2**20:,.0f} MiB; ", end="")
    print(f"{sum(last) / (last[0] + first[1]):.2f} times (catalogue + first snapshot) (goal at most 1.3)")


if __name__ == "__main__":
    main()
