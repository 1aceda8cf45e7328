"""Run as a process of its own: the first runs of an engine, on many threads at once. `BUNDLE ENGINE`"""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from models import open_bundle
from models.engines import Resources, load

THREADS = 8


def main(bundle: str, engine: str) -> None:
    encoder = load(open_bundle(Path(bundle)), engine, resources=Resources(runs=THREADS))
    together = threading.Barrier(THREADS)

    def first_run(number: int) -> int:
        together.wait()
        return len(encoder.encode_texts([f"red {number}"]).vectors)

    with ThreadPoolExecutor(THREADS) as pool:
        print(sum(pool.map(first_run, range(THREADS))))


if __name__ == "__main__":
    main(*sys.argv[1:])
