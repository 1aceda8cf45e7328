"""What the store costs over the bare index: the same lists, the same stored vectors, the same parameters.

    python benchmarks/index/overhead.py --count 1000000
    python benchmarks/index/overhead.py --folder data/index-benchmark/synthetic-1000000-ivf-rabitq    (made before)

A collection is written, sealed and opened as a server does. Raw FAISS opens the very file of its largest segment and
refines with the same float16 vectors (IndexRefine over a scalar quantiser) in one call. Both are asked in turn, one
query a call, in one process: one thread, then two that share the queries. Ratios are round by round. The same is
repeated with fresh rows (not yet sealed) and dead ones, which raw FAISS knows nothing of.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import faiss as faiss_library
import numpy as np
from collections_on_disk import NAME, id_of, item_of, number_of, seal_by_child, write_stream
from memory import resident
from vector_sources import Synthetic, Vectors, source_of, truth

from index import LocalCollection, LocalStore
from index.sealed.policy import SealPolicy
from index.sealed.sealed_views import SealedViews
from index.types import SearchParameters

sys.path.append(str(Path(__file__).parent.parent / "encoder"))
from figures import ratios, setting, spread, table

faiss: Any = faiss_library
K = 10
GOAL = 0.9
Search = Callable[[Vectors], object]


def main() -> None:
    arguments = parse()
    faiss.omp_set_num_threads(1)
    source = source_of(arguments.source, arguments.count, arguments.real)
    folder = arguments.folder or Path(f"data/index-benchmark/{arguments.source}-{arguments.count}-{arguments.codec}")
    print(setting(f"overhead, {source.name}, {arguments.count:,} x {source.dimension}, {arguments.codec}"), flush=True)
    if not folder.exists():
        print(f"written in {write_stream(folder, source):.0f} s", flush=True)
        stages, _ = seal_by_child(folder, arguments.codec, 1_000, arguments.threads)
        print({stage: round(seconds, 1) for stage, seconds in stages.items()}, flush=True)
    before = resident()
    started = time.perf_counter()
    store = LocalStore(folder, mode="write", sealing=SealPolicy(least=10**9))
    collection = store.open(NAME)
    print(f"opened in {time.perf_counter() - started:.2f} s", flush=True)
    queries = source.queries("in", arguments.queries)
    params = SearchParameters(recall=arguments.recall)
    print(f"recall@10 of 200 queries: {recall(collection, source, queries[:200], params):.3f}")
    after = resident()
    print(
        f"bytes a vector: {(after.anonymous - before.anonymous) / arguments.count:.0f} anonymous, "
        f"{(after.mapped - before.mapped) / arguments.count:.0f} mapped"
    )
    raw = raw_search(collection, params)
    lines = [row("sealed", measured(collection, raw, queries, params, arguments.rounds))]
    collection.delete([id_of(number) for number in range(0, arguments.count, 100)])
    lines.append(row("1 % dead", measured(collection, raw, queries, params, arguments.rounds)))
    fresh = Synthetic(max(1, arguments.count // 100), source.dimension, seed=3)
    number = arguments.count
    for block in fresh.blocks():
        collection.upsert([item_of(number + n, vector) for n, vector in enumerate(block)])
        number += len(block)
    lines.append(row("1 % dead, 1 % fresh", measured(collection, raw, queries, params, arguments.rounds)))
    collection.delete([id_of(n) for n in range(arguments.count, number)])
    store.close()
    head = ("", "store, QPS", "raw FAISS, QPS", "ratio", "goal", "store, 2 threads", "raw, 2 threads", "ratio")
    print(table(head, lines))
    print("The dead and fresh rows stay in that folder: delete it before the next run.")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--source", choices=("synthetic", "demo"), default="synthetic")
    parser.add_argument("--real", type=Path, default=Path("data/index-benchmark/real"))
    parser.add_argument("--codec", default="ivf-rabitq")
    parser.add_argument("--recall", type=float, default=0.95)
    parser.add_argument("--folder", type=Path, help="a collection made before")
    parser.add_argument("--queries", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1, help="of the builder")
    return parser.parse_args()


def raw_search(collection: LocalCollection, params: SearchParameters) -> Search:
    """FAISS alone over the largest segment, with the settings that the store takes."""
    sealed = collection._state._view.segments["image"][0]
    assert isinstance(sealed, SealedViews)
    view = max(sealed.views, key=lambda view: view.segment.count)
    settings = view.settings_for(params)
    assert settings is not None
    print(f"{view.segment.count:,} vectors in {view.segment.lists} lists, {settings}")
    index = faiss.read_index(str(view.segment.folder / "lists.faiss"), faiss.IO_FLAG_MMAP_IFC)
    refine = faiss.IndexScalarQuantizer(index.d, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    for start in range(0, view.segment.count, 65_536):
        refine.add(view.segment.vectors(np.arange(start, min(start + 65_536, view.segment.count))))
    both = faiss.IndexRefine(index, refine)
    lists = faiss.SearchParametersIVF(nprobe=settings.probes)
    asked = faiss.IndexRefineSearchParameters(k_factor=settings.candidates, base_index_params=lists)
    kept = (index, refine, lists)

    def search(query: Vectors) -> object:
        faiss.omp_set_num_threads(1)
        return both.search(query[None], K, params=asked), kept

    return search


def measured(
    collection: LocalCollection, raw: Search, queries: Vectors, params: SearchParameters, rounds: int
) -> list[tuple[list[float], list[float]]]:
    """QPS of the store and of raw FAISS, round by round, with one thread and with two."""

    def ours(query: Vectors) -> object:
        return collection.search("image", query, K, params=params)

    found = []
    for threads in (1, 2):
        rates: tuple[list[float], list[float]] = ([], [])
        for number in range(rounds + 1):
            pair = [rate(search, queries, threads) for search in (ours, raw)]
            if number:  # the first one warms up
                rates[0].append(pair[0])
                rates[1].append(pair[1])
        found.append(rates)
    return found


def rate(search: Search, queries: Vectors, threads: int) -> float:
    """Queries a second; each thread takes its share, one query a call."""
    parts = [queries[n::threads] for n in range(threads)]
    with ThreadPoolExecutor(threads) as pool:
        started = time.perf_counter()
        list(pool.map(lambda part: [search(query) for query in part], parts))
        return len(queries) / (time.perf_counter() - started)


def recall(collection: LocalCollection, source: object, queries: Vectors, params: SearchParameters) -> float:
    wanted = truth(source, queries, K)  # type: ignore[arg-type]
    found = 0
    for query, numbers in zip(queries, wanted, strict=True):
        hits = {number_of(hit.id) for hit in collection.search("image", query, K, params=params)}
        found += len(hits & set(numbers.tolist()))
    return found / (K * len(queries))


def row(name: str, found: Sequence[tuple[list[float], list[float]]]) -> tuple[str, ...]:
    cells: list[str] = [name]
    for ours, raw in found:
        cells += [f"{statistics.median(ours):,.0f}", f"{statistics.median(raw):,.0f}", spread(ratios(ours, raw))]
        if len(cells) == 4:
            cells.append(f"{GOAL}")
    return tuple(cells)


if __name__ == "__main__":
    main()
