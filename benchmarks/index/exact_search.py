"""How long exact search takes: 5 thousand and 100 thousand rows, with filters of several selectivities.

Run: python benchmarks/index/exact_search.py
Compares the whole of `Collection.search` (filter, scan, order, ids) with the bare products, one query at a time.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index import LocalCollection, LocalStore
from index.types import Attributes, CollectionSpec, Filter, ItemWrite, Range, Vector, Vectors

BATCH = 1000
SHARES = (0.001, 0.01, 0.1, 0.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=[5_000, 100_000])
    parser.add_argument("--dimensions", type=int, nargs="*", default=[768, 512])
    parser.add_argument("--queries", type=int, default=200)
    arguments = parser.parse_args()
    for rows, dimension in zip(arguments.rows, arguments.dimensions, strict=True):
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), rows, dimension, arguments.queries)


def measure(folder: Path, rows: int, dimension: int, queries: int) -> None:
    vectors = random_vectors(rows, dimension, seed=0)
    asked = random_vectors(queries, dimension, seed=1)
    write(folder, vectors)
    started = time.perf_counter()
    store = LocalStore(folder, mode="read")
    collection = store.open("bench")
    print(f"{rows} x {dimension}: opened in {time.perf_counter() - started:.2f} s")
    info = collection.info()
    print(f"  memory {info.memory_bytes / 2**20:.0f} MiB, disk {info.disk_bytes / 2**20:.0f} MiB")
    report("product alone, np.vecdot", lambda query: np.vecdot(vectors, query), asked)
    report("product alone, BLAS", lambda query: vectors @ query, asked)
    report("search", lambda query: collection.search("image", query, 10), asked)
    for share in SHARES:
        filter_ = Filter(must=(Range("number", lt=share * rows),))
        report(f"search, {share:.1%} allowed", partial(search_filtered, collection, filter_), asked)
    store.close()


def write(folder: Path, vectors: Vectors) -> None:
    store = LocalStore(folder)
    collection = store.create(CollectionSpec("bench", "none", "none-1", vectors.shape[1], pictures="none"))
    order = np.random.default_rng(2).permutation(len(vectors))
    started = time.perf_counter()
    for start in range(0, len(vectors), BATCH):
        write_batch(collection, vectors[start : start + BATCH], order[start : start + BATCH], start)
    print(
        f"{len(vectors)} items written at {len(vectors) / (time.perf_counter() - started):.0f}/s in batches of {BATCH}"
    )
    store.close()


def write_batch(collection: LocalCollection, vectors: Vectors, numbers: NDArray[np.int64], start: int) -> None:
    """`number` is a permutation: a range of it is a share of the rows, spread over all of them."""
    items = []
    for n, (vector, number) in enumerate(zip(vectors, numbers.tolist(), strict=True)):
        attributes: Attributes = {"number": number, "brand": f"brand {number % 50}", "new": number % 2 == 0}
        items.append(ItemWrite(f"item-{start + n}", "hash", attributes=attributes, vectors={"image": vector}))
    collection.upsert(items)


def random_vectors(count: int, dimension: int, seed: int) -> Vectors:
    vectors = np.random.default_rng(seed).standard_normal((count, dimension), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def search_filtered(collection: LocalCollection, filter_: Filter, query: Vector) -> object:
    return collection.search("image", query, 10, filter_)


def report(what: str, call: Callable[[Vector], object], queries: Vectors) -> None:
    took_ms = [timed_ms(call, query) for query in queries]
    cuts = statistics.quantiles(took_ms, n=100)
    print(f"  {what:32} p50 {statistics.median(took_ms):7.2f} ms   p99 {cuts[98]:7.2f} ms")


def timed_ms(call: Callable[[Vector], object], query: Vector) -> float:
    started = time.perf_counter()
    call(query)
    return (time.perf_counter() - started) * 1e3


if __name__ == "__main__":
    main()
