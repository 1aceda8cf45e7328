"""`python -m index.sealed COLLECTION CODEC LEAST`: seals a collection at low priority; tells its progress in JSON."""

import fcntl
import os
import sys
from pathlib import Path
from typing import cast, get_args

import faiss
import orjson

from index.sealed.builder import SealOrder, seal
from index.sealed.codec import CodecKind

NICENESS = 15


def main(folder: str, codec: str, least: str) -> None:
    os.nice(NICENESS)
    faiss.omp_set_num_threads(max(1, (os.cpu_count() or 1) // 2))
    if codec not in get_args(CodecKind):
        sys.exit(f"there is no codec {codec!r}")
    with (Path(folder) / "builder.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit("another process builds")  # of a writer that was killed; it ends by itself
        snapshot = seal(Path(folder), SealOrder(cast(CodecKind, codec), int(least)), _tell)
    print(orjson.dumps({"snapshot": snapshot.number if snapshot else None}).decode(), flush=True)


def _tell(doing: str, share: float) -> None:
    print(orjson.dumps({"doing": doing, "share": round(share, 3)}).decode(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
