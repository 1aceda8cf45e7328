"""How long it takes to find the lists near a query, and how many of the nearest are found.

    python benchmarks/index/coarse.py
    python benchmarks/index/coarse.py --codec data/index-benchmark/stream-10000000/bench/codecs/*.faiss

Compared are a walk over all centroids (FAISS's flat index), a graph over them (HNSW, 32 links, with as wide a search as
keeps it from missing neighbours), and what the store does: sifting by short codes. The centroids are those of a trained
codec, or vectors of the synthetic collection. One query a call, one thread, rounds in alternation.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faiss as faiss_library
import numpy as np
from vector_sources import Synthetic, Vectors

from index.sealed.coarse import centroids_of, codes_of, how_sifted, rotated

sys.path.append(str(Path(__file__).parent.parent / "encoder"))
from figures import setting, table

faiss: Any = faiss_library
LISTS = (1_024, 4_096, 16_384)
WANTED = (4, 16, 64, 128)
QUERIES, ROUNDS = 300, 3
WALK, LEAST_WALK = 8, 128
Search = Callable[[Vectors, int], Any]
"""Queries float32 [n, d] and how many lists: (products, numbers)."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--codec", type=Path, help="a file of a trained codec")
    arguments = parser.parse_args()
    faiss.omp_set_num_threads(1)
    queries = Synthetic(max(LISTS)).queries("in", QUERIES)
    print(setting("lists near a query"), flush=True)
    rows = []
    if arguments.codec:
        codec = faiss.read_index(str(arguments.codec))
        centroids = centroids_of(faiss.downcast_index(faiss.extract_index_ivf(codec)))
        rows += measured(centroids.reconstruct_n(0, centroids.ntotal), rotated(codec, queries))
    else:
        vectors = np.concatenate(list(Synthetic(max(LISTS)).blocks()))
        for lists in LISTS:
            rows += measured(vectors[:lists], queries)
    print(table(("lists", "wanted", "all, us", "graph, us", "found", "codes, us", "found"), rows))


def measured(centroids: Vectors, queries: Vectors) -> list[tuple[str, ...]]:
    searches = searches_of(centroids)
    rows = []
    for wanted in WANTED:
        times: dict[str, list[float]] = {name: [] for name in searches}
        for _ in range(ROUNDS):
            for name, search in searches.items():
                times[name] += timed(search, queries, wanted)
        truth = searches["all"](queries, wanted)[1]
        cells = [f"{len(centroids):,}", f"{wanted}"]
        for name, search in searches.items():
            cells.append(f"{1e6 * statistics.median(times[name]):,.0f}")
            if name != "all":
                cells.append(f"{share(search(queries, wanted)[1], truth):.4f}")
        rows.append(tuple(cells))
    return rows


def searches_of(centroids: Vectors) -> dict[str, Search]:
    dimension = centroids.shape[1]
    flat = faiss.IndexFlatIP(dimension)
    flat.add(centroids)
    graph = faiss.IndexHNSWFlat(dimension, 32, faiss.METRIC_INNER_PRODUCT)
    graph.add(centroids)
    started = time.perf_counter()
    sifting = faiss.IndexRefine(codes_of(centroids), flat)
    print(f"{len(centroids):,} centroids coded in {1000 * (time.perf_counter() - started):.0f} ms", flush=True)

    def walk(queries: Vectors, wanted: int) -> Any:
        how = faiss.SearchParametersHNSW(efSearch=max(LEAST_WALK, WALK * wanted))
        return graph.search(queries, wanted, params=how)

    return {
        "all": flat.search,
        "graph": walk,
        "codes": lambda queries, wanted: sifting.search(queries, wanted, params=how_sifted(sifting, wanted)),
    }


def timed(search: Search, queries: Vectors, wanted: int) -> list[float]:
    """Seconds of each."""
    times = []
    for query in queries:
        started = time.perf_counter()
        search(query[None], wanted)
        times.append(time.perf_counter() - started)
    return times


def share(found: Any, truth: Any) -> float:
    return float(np.mean([np.isin(wanted, one).mean() for one, wanted in zip(found, truth, strict=True)]))


if __name__ == "__main__":
    main()
