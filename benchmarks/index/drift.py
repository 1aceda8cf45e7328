"""Recall, speed and drift while the vectors of a collection are replaced, step by step, by others.

    python benchmarks/index/drift.py                                 100,000 x 512, fast-scan PQ, other centres
    python benchmarks/index/drift.py --to space                      another space altogether
    python benchmarks/index/drift.py --count 200000 --codec ivf-rabitq

At first all vectors lie around one set of centres. Then more and more of them are replaced by vectors around other
centres of the same space, as when other kinds of things come into a catalogue, or by vectors of another space. After
each step the collection is sealed three times over: as the store does it, by a store that never trains its lists again
for drift, and from nothing. The three are asked in turn, one query a call, with queries like the vectors of that step;
recall@10 is against exact search.
"""

import argparse
import math
import shutil
import statistics
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack, closing, nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from unittest.mock import patch

import faiss
import numpy as np
from collections_on_disk import NAME, item_of, spec_of
from numpy.typing import NDArray
from vector_sources import Synthetic, Vectors

from index import LocalCollection, LocalStore
from index.index_info import CodecKind
from index.sealed import builder
from index.sealed.builder import SealOrder
from index.types import SearchParameters

sys.path.append(str(Path(__file__).parent.parent / "encoder"))
from figures import setting, table

K = 10
BATCH = 1_000
SHARES = (0.0, 0.1, 0.2, 0.3, 0.5, 1.0)
"""Of the vectors, replaced so far."""
STORE, KEPT, NEW = "the store", "never trained again", "from nothing"
OTHER_SEED = 1_009


class OtherCentres(Synthetic):
    """The same space, around centres of its own."""

    @cached_property
    def _centres(self) -> NDArray[np.float32]:
        return Synthetic(self.count, self.dimension, seed=OTHER_SEED)._centres


@dataclass
class Told:
    """Of one collection at one step."""

    times: list[float] = field(default_factory=list)
    found: int = 0


def main() -> None:
    arguments = parse()
    faiss.omp_set_num_threads(1)
    before: Synthetic = Synthetic(arguments.count)
    after = OtherCentres(arguments.count) if arguments.to == "centres" else Synthetic(arguments.count, seed=OTHER_SEED)
    print(setting(f"drift to another {arguments.to}, {arguments.count:,} x {before.dimension}, {arguments.codec}"))
    folder: Path = arguments.folder / "drift"
    shutil.rmtree(folder, ignore_errors=True)
    rows: list[tuple[str, ...]] = []
    steps = [(0.0, before, 0.0, 1.0), *((share, after, since, share) for since, share in pairwise(SHARES))]
    for share, source, first, last in steps:
        grow(folder, arguments, source, first, last)
        with ExitStack() as stack:
            stores = {name: stack.enter_context(closing(LocalStore(folder / name))) for name in (STORE, KEPT, NEW)}
            collections = {name: store.open(NAME) for name, store in stores.items()}
            told = asked(collections, queries_at(before, after, share, arguments.queries), arguments.recall)
            rows += [row(share, name, collections[name], told[name], arguments.queries) for name in told]
        print(f"{share:.0%} replaced", flush=True)
    head = ("replaced", "", "drift", "lists", "probes", "candidates", f"recall@{K}", "p50 ms")
    print(table(head, rows))
    shutil.rmtree(folder)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--codec", default="ivf-pq-fastscan")
    parser.add_argument("--to", choices=("centres", "space"), default="centres")
    parser.add_argument("--recall", type=float, default=0.95)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--folder", type=Path, default=Path("data/index-benchmark"))
    return parser.parse_args()


def grow(folder: Path, arguments: argparse.Namespace, source: Synthetic, first: float, last: float) -> None:
    """The vectors of the source between two shares of the count come into all three, and all are sealed."""
    begin, end = int(first * arguments.count), int(last * arguments.count)
    vectors = np.concatenate(list(source.blocks()))[begin:end]
    for name in (STORE, KEPT):
        write(folder / name, begin, vectors)
        with patch.object(builder, "MOST_DRIFT", math.inf) if name == KEPT else nullcontext():
            seal(folder / name, arguments.codec)
    shutil.rmtree(folder / NEW, ignore_errors=True)
    shutil.copytree(folder / STORE, folder / NEW)
    for derived in ("CURRENT", "snapshots", "segments", "codecs", "items"):
        path = folder / NEW / NAME / derived
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    seal(folder / NEW, arguments.codec)


def write(folder: Path, first: int, vectors: Vectors) -> None:
    spec = replace(spec_of(Synthetic(1, vectors.shape[1])), codec="exact")  # the store itself is not to seal it
    with closing(LocalStore(folder)) as store:
        collection = store.open(NAME) if store.names() else store.create(spec)
        for start in range(0, len(vectors), BATCH):
            numbered = enumerate(vectors[start : start + BATCH], first + start)
            collection.upsert([item_of(number, vector, 1) for number, vector in numbered])


def seal(folder: Path, codec: CodecKind) -> None:
    builder.seal(folder / NAME, SealOrder(least=BATCH, codec=codec, measure=True), lambda doing, share: None)


def queries_at(before: Synthetic, after: Synthetic, share: float, count: int) -> Vectors:
    """As much of each as there is in the collection."""
    new = int(share * count)
    queries = np.concatenate([after.queries("in", count)[:new], before.queries("in", count)[new:]])
    return np.random.default_rng(0).permutation(queries)


def asked(collections: Mapping[str, LocalCollection], queries: Vectors, recall: float) -> dict[str, Told]:
    """Each query goes to all in turn, and once to exact search."""
    told = {name: Told() for name in collections}
    params = SearchParameters(recall=recall, kind="image")
    for query in queries:
        wanted = {hit.id for hit in collections[NEW].search("image", query, K, params=SearchParameters(exact=True))}
        for name, collection in collections.items():
            for _ in range(2):  # the first one reads pages that no query had read
                started = time.perf_counter()
                hits = collection.search("image", query, K, params=params)
                seconds = time.perf_counter() - started
            told[name].times.append(seconds)
            told[name].found += len(wanted & {hit.id for hit in hits})
    return told


def row(share: float, name: str, collection: LocalCollection, told: Told, queries: int) -> tuple[str, ...]:
    info = collection.info().index.fields["image"]
    settings = info.measured["image"].chosen.settings
    return (
        f"{share:.0%}",
        name,
        f"{info.drift:.2f}",
        str(info.lists),
        str(settings.probes),
        str(settings.candidates),
        f"{told.found / (K * queries):.3f}",
        f"{1000 * statistics.median(told.times):.2f}",
    )


if __name__ == "__main__":
    main()
