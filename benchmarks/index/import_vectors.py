"""How fast ready vectors go into a catalogue: `lookalike index --vectors` without the command line around it.

Run: python benchmarks/index/import_vectors.py [--rows 100000] [--dimension 512] [--again]
Writes a .npy file of random vectors, indexes it into a new collection through the job and the direct sink, and prints
vectors a second and the largest resident memory beside the size of the file. `--again` runs the same import twice:
the second one finds everything unchanged.
"""

import argparse
import asyncio
import resource
import tempfile
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from index import LocalStore
from service.jobs.index_job import (
    UNNAMED,
    ColumnWishes,
    StoreSink,
    VectorWishes,
    Watcher,
    open_vectors,
    run_index,
    summary,
)
from service.types import CollectionOptions, Limits, OwnSpace

CHUNK = 16_384


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--again", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "vectors.npy"
        write_vectors(file, arguments.rows, arguments.dimension)
        print(f"{arguments.rows:,} x {arguments.dimension} float32, {file.stat().st_size / 1e6:,.0f} MB")
        for _ in range(2 if arguments.again else 1):
            asyncio.run(measure(file, Path(folder) / "collections"))


def write_vectors(file: Path, rows: int, dimension: int) -> None:
    matrix = np.lib.format.open_memmap(file, mode="w+", dtype=np.float32, shape=(rows, dimension))
    random = np.random.default_rng(0)
    for start in range(0, rows, CHUNK):
        matrix[start : start + CHUNK] = random.standard_normal((min(CHUNK, rows - start), dimension), np.float32)
    matrix.flush()


async def measure(file: Path, folder: Path) -> None:
    source, dimension = open_vectors(VectorWishes(file), None, ColumnWishes())
    sink = StoreSink(LocalStore(folder), "bench", Limits())
    try:
        await sink.prepare(CollectionOptions(space=OwnSpace(UNNAMED, dimension)))
        started, busy = perf_counter(), process_time()
        tally = await run_index(source, sink, Watcher(lambda _: None, lambda _: None), asyncio.Event())
        seconds, busy = perf_counter() - started, process_time() - busy
    finally:
        await sink.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    each = 1e6 * busy / tally.items
    print(f"  {tally.items / seconds:,.0f} vectors/s, {each:.0f} µs of processor time each, {summary(tally)}")
    print(f"  peak resident {peak:,.0f} MB, mapped pages of the file included")


if __name__ == "__main__":
    main()
