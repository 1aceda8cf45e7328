"""`python -m index.sealed COLLECTION LEAST [measure]`: seals a collection at low priority; tells its progress in JSON.

With `measure` the recall is measured again though nothing changed.
"""

import fcntl
import os
import sys
from pathlib import Path

import faiss
import orjson

from index.sealed.builder import SealOrder, seal

NICENESS = 15


def main(folder: str, least: str, measure: str = "") -> None:
    os.nice(NICENESS)
    faiss.omp_set_num_threads(max(1, (os.cpu_count() or 1) // 2))
    with (Path(folder) / "builder.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit("another process builds")  # of a writer that was killed; it ends by itself
        snapshot = seal(Path(folder), SealOrder(int(least), measure=measure == "measure"), _tell)
    print(orjson.dumps({"snapshot": snapshot.number if snapshot else None}).decode(), flush=True)


def _tell(doing: str, share: float) -> None:
    print(orjson.dumps({"doing": doing, "share": round(share, 3)}).decode(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
