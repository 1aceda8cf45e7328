"""How long after an acknowledged write another process finds it: one writer, one reader, one folder.

    python benchmarks/index/following.py            # 200 writes, 40 a second, 20,000 vectors of 512 dimensions

Times are of CLOCK_MONOTONIC, which all processes of a machine share.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from index import LocalStore
from index.types import CollectionSpec, ItemWrite

SPEC = CollectionSpec("shoes", "none", "none-1", 512, fields=("image",))
INTERVAL_S = 0.025
PATIENCE_S = 10.0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--writes", type=int, default=200)
    arguments.add_argument("--vectors", type=int, default=20_000)
    arguments.add_argument("--follow", type=Path, help="read here (what the script starts itself)")
    given = arguments.parse_args()
    if given.follow:
        read(given.follow)
        return
    with tempfile.TemporaryDirectory() as folder:
        acknowledged, seen = measured(Path(folder), given.writes, given.vectors)
    delays = 1000.0 * (np.array(seen) - np.array(acknowledged))
    print(f"{given.writes} writes into {given.vectors:,} vectors, from acknowledgement to visible elsewhere:")
    print(f"median {np.median(delays):.1f} ms, p99 {np.percentile(delays, 99):.1f} ms, most {delays.max():.1f} ms")


def measured(folder: Path, writes: int, vectors: int) -> tuple[list[float], list[float]]:
    """When each write was acknowledged, and when the other process saw it."""
    store = LocalStore(folder)
    collection = store.create(SPEC)
    matrix = np.random.default_rng(0).standard_normal((vectors + writes, SPEC.dimension)).astype(np.float32)
    items = [ItemWrite(f"i{n}", "", vectors={"image": vector}) for n, vector in enumerate(matrix)]
    for start in range(0, vectors, 1_000):
        collection.upsert(items[start : min(start + 1_000, vectors)])
    command = [sys.executable, __file__, "--follow", str(folder)]
    reader = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert reader.stdin and reader.stdout
    reader.stdout.readline()
    acknowledged, seen = [], []
    for item in items[vectors:]:
        sequence = collection.upsert([item]).sequence
        acknowledged.append(time.monotonic())
        print(sequence, file=reader.stdin, flush=True)
        seen.append(float(reader.stdout.readline()))
        time.sleep(INTERVAL_S)
    reader.stdin.close()
    reader.wait(PATIENCE_S)
    store.close()
    return acknowledged, seen


def read(folder: Path) -> None:
    store = LocalStore(folder, mode="read")
    collection = store.open(SPEC.name)
    print("open", flush=True)
    for line in sys.stdin:
        collection.wait_for(int(line), PATIENCE_S)
        print(time.monotonic(), flush=True)
    store.close()


if __name__ == "__main__":
    main()
