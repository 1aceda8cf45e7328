"""One index in a process of its own: builds it, or opens it and answers. Run by `curves.py`, with any Python.

Each contestant has its settings in order of effort. The measured process opens what the building process wrote, so
that its memory is that of serving.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from memory import resident
from numpy.typing import NDArray

K = 10
KINDS: tuple[Literal["in", "off"], ...] = ("in", "off")
HELD_OUT = "held-out-off.npy"
"""Queries off the distribution for whoever tunes itself, float32 [n, d]: none of those that are asked."""
THREADS = (1, 2)
CONTESTANTS = {
    "lookalike": "lookalike_index:Lookalike",
    "faiss": "faiss_indexes:RawFaiss",
    "faiss-hnsw": "faiss_indexes:FaissHnsw",
    "faiss-ivf-sq8": "faiss_indexes:FaissIvfSq8",
    "hnswlib": "peer_indexes:Hnswlib",
    "usearch": "peer_indexes:Usearch",
    "lancedb": "peer_indexes:Lance",
    "milvus-lite": "peer_indexes:MilvusLite",
}


class Contestant(Protocol):
    """`option`: which codec, where there are several. The folder lies in that of the data."""

    def build(self, vectors: NDArray[np.float32], folder: Path, option: str) -> None: ...

    def open(self, folder: Path, option: str) -> None: ...

    def settings(self) -> Sequence[dict[str, Any]]: ...

    def search(self, query: NDArray[np.float32], setting: dict[str, Any]) -> Sequence[int]:
        """The numbers of the K nearest vectors. One query a call, from any thread, on that thread alone."""


def contestant(name: str) -> Contestant:
    module, _, made = CONTESTANTS[name].partition(":")
    found: Contestant = getattr(import_module(module), made)()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("act", choices=("build", "serve"))
    parser.add_argument("name", choices=tuple(CONTESTANTS))
    parser.add_argument("--option", default="")
    parser.add_argument("--folder", type=Path, required=True, help="of the index")
    parser.add_argument("--data", type=Path, required=True, help="folder with vectors.npy, queries and truths")
    parser.add_argument("--seconds", type=float, default=3.0, help="of one rate")
    parser.add_argument("--recall-seconds", type=float, default=120.0, help="of one recall, at most")
    arguments = parser.parse_args()
    if arguments.act == "build":
        vectors = np.load(arguments.data / "vectors.npy", mmap_mode="r")
        started, cpu = time.perf_counter(), sum(os.times()[:4])
        contestant(arguments.name).build(vectors, arguments.folder, arguments.option)
        spent = {"build_s": time.perf_counter() - started, "build_cpu_s": sum(os.times()[:4]) - cpu}
        print(json.dumps(spent), flush=True)
    else:
        serve(arguments)


def serve(arguments: argparse.Namespace) -> None:
    """A line of JSON for each setting, then one with the memory."""
    queries = {kind: np.load(arguments.data / f"queries-{kind}.npy") for kind in KINDS}
    truths = {kind: np.load(arguments.data / f"truth-{kind}.npy") for kind in KINDS}
    one = contestant(arguments.name)
    before, started = resident(), time.perf_counter()
    one.open(arguments.folder, arguments.option)
    print(json.dumps({"open_s": time.perf_counter() - started}), flush=True)
    for setting in one.settings():
        point: dict[str, Any] = {"setting": setting}
        for kind, asked in queries.items():
            hits = found_in_time(one, asked, truths[kind], setting, arguments.recall_seconds)
            point[f"recall_{kind}"], point[f"asked_{kind}"] = sum(hits) / (K * len(hits)), len(hits)
        for threads in THREADS:
            rate, median = speed(one, queries["in"], setting, threads, arguments.seconds)
            point[f"qps_{threads}"], point[f"p50_ms_{threads}"] = rate, median
        print(json.dumps(point), flush=True)
    after = resident()
    grown = {"anonymous": after.anonymous - before.anonymous, "mapped": after.mapped - before.mapped}
    print(json.dumps(grown), flush=True)


def found_in_time(
    one: Contestant, queries: NDArray[np.float32], truth: NDArray[np.int64], setting: dict[str, Any], seconds: float
) -> list[int]:
    """How many of its K nearest each query finds; of the first queries alone where they take longer than that."""
    end, hits = time.perf_counter() + seconds, list[int]()
    for query, wanted in zip(queries, truth, strict=True):
        hits.append(len(set(one.search(query, setting)) & set(wanted.tolist())))
        if time.perf_counter() > end:
            break
    return hits


def speed(
    one: Contestant, queries: NDArray[np.float32], setting: dict[str, Any], threads: int, seconds: float
) -> tuple[float, float]:
    """Queries a second, and the median milliseconds of one."""
    rate, times = timed(lambda query: one.search(query, setting), queries, threads, seconds)
    return rate, 1000 * times[len(times) // 2]


def timed(
    search: Callable[[NDArray[np.float32]], object], queries: NDArray[np.float32], threads: int, seconds: float
) -> tuple[float, list[float]]:
    """Queries a second, and the seconds of each in order, with so many threads that each ask one after another."""
    end = time.perf_counter() + seconds

    def ask(first: int) -> list[float]:
        times, number = [], first
        while (now := time.perf_counter()) < end:
            search(queries[number % len(queries)])
            times.append(time.perf_counter() - now)
            number += threads
        return times

    with ThreadPoolExecutor(threads) as pool:
        started = time.perf_counter()
        times = sorted(value for part in pool.map(ask, range(threads)) for value in part)
        return len(times) / (time.perf_counter() - started), times


if __name__ == "__main__":
    main()
