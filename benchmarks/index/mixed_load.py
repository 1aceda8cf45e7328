"""Searches beside writes, deletions and re-seals: latency, recall, visibility of every write, disk at the end.

    python benchmarks/index/mixed_load.py                                       1 million items, 10 minutes
    python benchmarks/index/mixed_load.py --apart                               written by a process of its own
    python benchmarks/index/mixed_load.py --realtime                            as with LOOKALIKE_SEARCH_REALTIME
    python benchmarks/index/mixed_load.py --count 100000 --seconds 60 --quiet-seconds 20
    python benchmarks/index/mixed_load.py --encode data/bundles/starter         texts, encoded before they are written

First searches alone for a while, then 200 upserts and 50 deletions a second (`mixed_writes.py`) beside the same
searches, one caller each; the store seals when it finds that it is time. At last searches alone once more, of what the
writes left: several segments, dead rows, and fresh ones that no seal has taken yet. Vectors come with the writes; or a
bundle in another process first encodes the texts that are written, and what is there before them are vectors of such
texts, too, of twenty thousand, each many times with noise. One search in fifty is repeated exactly over what it
saw, for which the searches pause and the writes do not. Goals: p99 during a seal at most twice that without writes;
every acknowledged write visible; recall never under the target less 0.01; disk at the end within 1.3 times catalogue
plus one snapshot.
"""

import argparse
import gc
import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from collections_on_disk import NAME, seal_by_child, write_stream
from encoded_writes import EncodedWrites
from memory import Watched
from mixed_writes import QUERIES, K, Written, start_writes
from vector_sources import Jittered, Source, Synthetic

from index import LocalCollection, LocalStore
from index.types import SearchParameters, Vector, Vectors
from service.realtime import NO_REALTIME, realtime_priority

sys.path.append(str(Path(__file__).parent.parent / "encoder"))
from figures import ms, quantile, setting, table

SAMPLED = 50
WINDOWS = (20, 60)
"""Sampled recalls in one mean: chance alone moves that of 20 by some 0.015, that of 60, about a minute, by 0.01."""
PHASES = ("alone", "writes", "seal", "alone, afterwards")
KNOWN_TEXTS = 20_000
END_S = 120.0
"""For the last turn of the writes, and the end of a builder."""


@dataclass
class Told:
    """What was measured of the searches."""

    latencies: dict[str, list[float]] = field(default_factory=lambda: {phase: [] for phase in PHASES})
    recalls: list[float] = field(default_factory=list)
    anonymous: int = 0
    """Bytes of all processes at most."""


def main() -> None:
    arguments = parse()
    where = "by a process of their own" if arguments.apart else "in the process that searches"
    how = ", searches at real-time priority" if arguments.realtime else ""
    print(setting(f"mixed load, {arguments.count:,} items, {arguments.seconds:.0f} s, writes {where}{how}"), flush=True)
    folder = arguments.folder / f"mixed-{arguments.count}"
    source = prepare(arguments, folder)
    first = disk_share(folder)
    with closing(LocalStore(folder)) as store:
        told, written = measure(arguments, folder, store.open(NAME), source.queries("in", QUERIES))
    report(told, written, first, disk_share(folder), arguments.count)
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
    parser.add_argument(
        "--realtime", action="store_true", help="search at real-time priority; the system must grant it"
    )
    parser.add_argument("--apart", action="store_true", help="write in another process than the one that searches")
    return parser.parse_args()


def prepare(arguments: argparse.Namespace, folder: Path) -> Source:
    """A sealed collection in the folder, and what its vectors come from."""
    source = source_of_load(arguments)
    shutil.rmtree(folder, ignore_errors=True)
    if arguments.made:
        shutil.copytree(arguments.made, folder)
    else:
        write_stream(folder, source)
        seal_by_child(folder, arguments.codec, 1_000, 2)
    os.sync()  # else the disk is busy with what was just written while the first searches are measured
    return source


def source_of_load(arguments: argparse.Namespace) -> Source:
    """Vectors of the encoder that the writes have, since a collection refuses those of another."""
    if not arguments.encode:
        return Synthetic(arguments.count)
    with closing(EncodedWrites(arguments.encode)) as encoded:
        known = encoded.known(KNOWN_TEXTS)
    return Jittered(arguments.count, known, known)


def measure(
    arguments: argparse.Namespace, folder: Path, collection: LocalCollection, queries: Vectors
) -> tuple[Told, Written]:
    """The searches alone, beside the writes, and alone again."""
    signals, side = start_writes(arguments, folder, None if arguments.apart else collection)
    searches = Searches(collection, queries, arguments)
    gc.freeze()  # as the server does once it is up
    searches.ask(arguments.quiet_seconds, lambda: "alone")
    with ExitStack() as stack:
        processes = {os.getpid(), getattr(side, "pid", os.getpid())}
        watched = [stack.enter_context(Watched(process)) for process in processes]
        signals.begun.set()
        searches.ask(arguments.seconds, lambda: "seal" if signals.sealing.is_set() else "writes")
        signals.ended.set()
        written = signals.written.get(timeout=END_S)
    side.join(END_S)
    searches.ask(arguments.quiet_seconds, lambda: "alone, afterwards")
    searches.told.anonymous = sum(one.most.anonymous for one in watched)
    return searches.told, written


class Searches:
    """One caller, so many searches a second."""

    def __init__(self, collection: LocalCollection, queries: Vectors, arguments: argparse.Namespace) -> None:
        self._collection, self._queries, self._rate = collection, queries, arguments.searches
        priority = realtime_priority() if arguments.realtime else NO_REALTIME
        self._search = priority.given_to(collection.search)
        self._params = SearchParameters(recall=arguments.recall)
        self.told = Told()

    def ask(self, seconds: float, phase: Callable[[], str]) -> None:
        """One after another; each is put to the phase in which it began. A comparison is no reason to hurry
        afterwards: what was due meanwhile is due later."""
        begun = time.perf_counter()
        number, late = 0, 0.0
        while (now := time.perf_counter()) < begun + seconds:
            due = begun + late + number / self._rate
            time.sleep(max(due - now, 0.0))
            query, when = self._queries[number % len(self._queries)], phase()
            started = time.perf_counter()
            self._search("image", query, K, params=self._params)
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


def disk_share(folder: Path) -> tuple[int, int]:
    """Bytes of the catalogue, and of all that is derived from it."""
    files = [path for path in (folder / NAME).rglob("*") if path.is_file()]
    catalog = sum(path.stat().st_blocks * 512 for path in files if path.name.startswith("catalog.sqlite"))
    return catalog, sum(path.stat().st_blocks * 512 for path in files) - catalog


def report(told: Told, written: Written, first: tuple[int, int], last: tuple[int, int], count: int) -> None:
    rows = [
        (phase, f"{len(times):,}", *(ms(quantile(times, share)) for share in (0.5, 0.99)), ms(max(times, default=0.0)))
        for phase, times in told.latencies.items()
    ]
    print(table(("searches", "", "p50 ms", "p99 ms", "most ms"), rows))
    alone, _, seal, afterwards = (quantile(told.latencies[phase], 0.99) for phase in PHASES)
    print(f"p99 during a seal: {seal / alone:.2f} times that without writes (goal at most 2), ", end="")
    print(f"{seal / afterwards:.2f} times that without writes of the store as they left it")
    print(f"seals: {len(written.seals)}, of {', '.join(f'{seconds:.0f} s' for seconds in written.seals)}")
    print(
        f"writes: {written.acknowledged:,} acknowledged, {len(written.missed)} not seen {written.missed[:3]}; ", end=""
    )
    print(f"p99 of a batch {ms(quantile(written.write_times, 0.99))} ms, ", end="")
    print(f"of its encoding {ms(quantile(written.encode_times, 0.99))} ms; {written.late} turns late")
    print(f"recall@{K} of {len(told.recalls)} sampled: {statistics.mean(told.recalls):.3f}; ", end="")
    print(", ".join(f"least mean of {window} in a row {least_mean(told.recalls, window):.3f}" for window in WINDOWS))
    print(f"most anonymous memory: {told.anonymous / count:.0f} bytes an item")
    print(f"disk: catalogue {last[0] / 2**20:,.0f} MiB, derived {last[1] / 2**20:,.0f} MiB; ", end="")
    print(f"{sum(last) / (last[0] + first[1]):.2f} times (catalogue + first snapshot) (goal at most 1.3)")


def least_mean(values: Sequence[float], window: int) -> float:
    return min(statistics.mean(values[start : start + window]) for start in range(max(len(values) - window, 0) + 1))


if __name__ == "__main__":
    main()
