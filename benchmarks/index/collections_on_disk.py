"""Collections of this store to measure: written in a stream, held by nobody in memory, sealed by the real builder."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from memory import Watched
from vector_sources import Blocks

from index.catalog import create_catalog
from index.catalog_connection import connect, transaction
from index.catalog_writer import CatalogWriter
from index.collection_files import files_of
from index.prepared_item import prepare
from index.sealed.sealer import builder_command
from index.types import CollectionSpec, ItemWrite
from index.writer_lock import WriterLock

NAME = "bench"
BATCH = 4_096


def spec_of(source: Blocks) -> CollectionSpec:
    return CollectionSpec(NAME, "none", "none-1", source.dimension, pictures="none", fields=("image",))


def item_of(number: int, vector: object, version: int = 0) -> ItemWrite:
    attributes = {"brand": f"b{number % 100}", "price": float(number % 1_000)}
    return ItemWrite(id_of(number), f"{number}.{version}", attributes=attributes, vectors={"image": vector})  # type: ignore[dict-item]


def id_of(number: int) -> str:
    return f"item-{number:09d}"


def number_of(id_: str) -> int:
    return int(id_.removeprefix("item-"))


def write_stream(root: Path, source: Blocks) -> float:
    """A new collection with all vectors, in one transaction a batch. Seconds it took.

    The same tables, checks and durability as any write, but nobody has the collection open: what is not sealed yet
    would be held in memory.
    """
    started = time.perf_counter()
    files = files_of(root, NAME)
    files.root.mkdir(parents=True)
    spec = spec_of(source)
    create_catalog(files.catalog, spec)
    with _writing(root) as (connection, catalog):
        number = 0
        for block in source.blocks():
            for start in range(0, len(block), BATCH):
                items = [item_of(number + n, vector) for n, vector in enumerate(block[start : start + BATCH])]
                with transaction(connection, "IMMEDIATE"):
                    catalog.reload()
                    catalog.upsert([prepare(item, spec) for item in items])
                number += len(items)
    return time.perf_counter() - started


@contextmanager
def _writing(root: Path) -> Iterator[tuple[object, CatalogWriter]]:
    files = files_of(root, NAME)
    lock = WriterLock(files.lock, None)
    connection = connect(files.catalog, writable=True)
    try:
        yield connection, CatalogWriter(connection, "none-1")
    finally:
        connection.close()
        lock.release()


def seal_by_child(root: Path, codec: str, least: int, threads: int) -> tuple[dict[str, float], Watched]:
    """Runs the builder as the server does. Seconds of each of its stages, and what it took of memory."""
    command = builder_command(root / NAME, least, f"threads={threads}", codec=codec)
    stages: dict[str, float] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child, Watched(child.pid) as watched:
        assert child.stdout is not None
        last, since = "reading rows", time.perf_counter()
        for line in child.stdout:
            doing = json.loads(line).get("doing", last)
            if doing != last:
                stages[last] = stages.get(last, 0.0) + time.perf_counter() - since
                last, since = doing, time.perf_counter()
        stages[last] = stages.get(last, 0.0) + time.perf_counter() - since
    if child.returncode:
        raise SystemExit(f"the builder ended with {child.returncode}")
    return stages, watched
