"""`python -m index.sealed COLLECTION CODEC LEAST [measure] [threads=N]`: seals a collection.

CODEC is one of `CodecChoice`, or `own`: the collection's own choice. With `measure` the recall is measured again though
nothing changed. Half of the processors train and write where `threads` says nothing else: the others serve. How far it
is is told in lines of JSON.
"""

import fcntl
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast, get_args

import orjson

from index.index_info import CodecChoice
from index.sealed.builder import SealOrder, seal


def main(folder: str, codec: str, least: str, *options: str) -> None:
    order = _order(codec, least, options)
    with (Path(folder) / "builder.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit("another process builds")  # of a writer that was killed; it ends by itself
        snapshot = seal(Path(folder), order, _tell)
    print(orjson.dumps({"snapshot": snapshot.number if snapshot else None}).decode(), flush=True)


def _order(codec: str, least: str, options: Sequence[str]) -> SealOrder:
    if codec not in ("own", *get_args(CodecChoice)):
        sys.exit(f"there is no codec {codec!r}")
    named = dict(option.partition("=")[::2] for option in options)
    if unknown := named.keys() - {"measure", "threads"}:
        sys.exit(f"there is no option {min(unknown)!r}")
    threads = int(named.get("threads", max(1, (os.cpu_count() or 1) // 2)))
    return SealOrder(int(least), None if codec == "own" else cast(CodecChoice, codec), "measure" in named, threads)


def _tell(doing: str, share: float) -> None:
    print(orjson.dumps({"doing": doing, "share": round(share, 3)}).decode(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
