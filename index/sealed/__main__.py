"""`python -m index.sealed COLLECTION CODEC LEAST [measure]`: seals a collection at low priority; tells how far it is.

CODEC is one of `CodecChoice`, or `own`: the collection's own choice. With `measure` the recall is measured again though
nothing changed. What it tells are lines of JSON.
"""

import fcntl
import os
import sys
from pathlib import Path
from typing import cast, get_args

import faiss
import orjson

from index.index_info import CodecChoice
from index.sealed.builder import SealOrder, seal

NICENESS = 15


def main(folder: str, codec: str, least: str, measure: str = "") -> None:
    if codec not in ("own", *get_args(CodecChoice)):
        sys.exit(f"there is no codec {codec!r}")
    choice = None if codec == "own" else cast(CodecChoice, codec)
    os.nice(NICENESS)
    faiss.omp_set_num_threads(max(1, (os.cpu_count() or 1) // 2))
    with (Path(folder) / "builder.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit("another process builds")  # of a writer that was killed; it ends by itself
        snapshot = seal(Path(folder), SealOrder(int(least), choice, measure == "measure"), _tell)
    print(orjson.dumps({"snapshot": snapshot.number if snapshot else None}).decode(), flush=True)


def _tell(doing: str, share: float) -> None:
    print(orjson.dumps({"doing": doing, "share": round(share, 3)}).decode(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
