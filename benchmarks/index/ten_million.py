"""Ten million vectors on one machine: written in a stream, sealed by the real builder, served from mapped files.

    python benchmarks/index/ten_million.py
    python benchmarks/index/ten_million.py --count 200000              the same at a size that takes minutes

Goals at 10 million x 512: built in under 3 hours with under 16 GiB, served with under 3 GiB anonymous, a median of at
most 15 ms at recall@10 of at least 0.95. Written means in `catalog.sqlite`, durably, batch by batch, while nobody has
the collection open; the time of the write is not the build's and is given apart. The server is a process of its own;
its recall is against exact search over all vectors. Needs three times the vectors on the disk while it seals.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from collections_on_disk import NAME, number_of, seal_by_child, write_stream
from memory import Resident, Watched, resident
from vector_sources import Synthetic, truth

from index import LocalStore
from index.types import SearchParameters

sys.path.append(str(Path(__file__).parent.parent / "encoder"))
from figures import ms, quantile, setting, table

K = 10
GIB = 2**30


def main() -> None:
    arguments = parse()
    if arguments.serve:
        serve(arguments)
        return
    print(setting(f"{arguments.count:,} x {arguments.dimension}, {arguments.codec}"), flush=True)
    source = Synthetic(arguments.count, arguments.dimension)
    folder = arguments.folder / f"stream-{arguments.count}"
    if not (folder / NAME).exists():
        print(f"written in {write_stream(folder, source):,.0f} s", flush=True)
    if not (folder / NAME / "CURRENT").exists():
        build(folder, arguments)
    queries = source.queries("in", arguments.queries)
    np.save(folder / "queries.npy", queries)
    np.save(folder / "truth.npy", truth(source, queries, K))
    command = [sys.executable, __file__, "--serve", "--count", str(arguments.count), "--recall", str(arguments.recall)]
    command += ["--folder", str(folder)]
    subprocess.run(command, check=True)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000_000)
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--codec", default="ivf-rabitq")
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--recall", type=float, default=0.95)
    parser.add_argument("--threads", type=int, default=2, help="of the builder: nothing serves meanwhile")
    parser.add_argument("--folder", type=Path, default=Path("data/index-benchmark"))
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def build(folder: Path, arguments: argparse.Namespace) -> None:
    started = time.perf_counter()
    stages, watched = seal_by_child(folder, arguments.codec, 1_000, arguments.threads)
    print(f"sealed in {time.perf_counter() - started:,.0f} s, at most {gib(watched.most)}", flush=True)
    print(table(("stage", "s"), [(stage, f"{seconds:,.0f}") for stage, seconds in stages.items()]), flush=True)


def serve(arguments: argparse.Namespace) -> None:
    """In the serving process."""
    queries, wanted = np.load(arguments.folder / "queries.npy"), np.load(arguments.folder / "truth.npy")
    before, started = resident(), time.perf_counter()
    collection = LocalStore(arguments.folder, mode="read").open(NAME)
    opened = time.perf_counter() - started
    rows = []
    with Watched(os.getpid()) as watched:
        for recall in sorted({0.9, arguments.recall, 0.97, 0.98, 0.99}):
            params = SearchParameters(recall=recall)
            times, found = [], 0
            for number in range(2):  # the first walk reads the pages
                times = []
                for query, numbers in zip(queries, wanted, strict=True):
                    begun = time.perf_counter()
                    hits = collection.search("image", query, K, params=params)
                    times.append(time.perf_counter() - begun)
                    if number:
                        found += len({number_of(hit.id) for hit in hits} & set(numbers.tolist()))
            reached = found / (K * len(queries))
            shown = (f"{recall}", f"{reached:.3f}", ms(quantile(times, 0.5)), ms(quantile(times, 0.99)))
            rows.append((*shown, f"{len(times) / sum(times):,.0f}"))
    after = resident()
    each = [(after.anonymous - before.anonymous) / arguments.count, (after.mapped - before.mapped) / arguments.count]
    print(f"opened in {opened:.2f} s; the server holds {gib(after)}; at most {gib(watched.most)}")
    print(f"bytes a vector, without the interpreter: {each[0]:,.0f} anonymous, {each[1]:,.0f} mapped")
    print(table(("asked recall", f"recall@{K}", "p50 ms", "p99 ms", "QPS, one caller"), rows))


def gib(held: Resident) -> str:
    return f"{held.anonymous / GIB:.2f} GiB anonymous, {held.mapped / GIB:.2f} GiB mapped"


if __name__ == "__main__":
    main()
