"""Vectors straight into the store: a run that is stopped leaves whole batches, and the next one goes on from there."""

import asyncio
from pathlib import Path

import numpy as np

from index import LocalStore
from service.jobs.index_job import (
    UNNAMED,
    ColumnWishes,
    StoreSink,
    Tally,
    VectorWishes,
    Watcher,
    open_vectors,
    run_index,
)
from service.jobs.index_job.batches import MAX_VECTOR_ITEMS
from service.types import CollectionOptions, Limits, OwnSpace

COUNT, D = 6 * MAX_VECTOR_ITEMS, 8


async def imported(folder: Path, stop_early: bool) -> Tally:
    source, dimension = open_vectors(VectorWishes(folder / "v.npy"), None, ColumnWishes())
    sink, stop = StoreSink(LocalStore(folder / "collections"), "mine", Limits()), asyncio.Event()
    try:
        await sink.prepare(CollectionOptions(space=OwnSpace(UNNAMED, dimension)))
        watcher = Watcher(lambda _: None, lambda _: stop.set() if stop_early else None)
        return await run_index(source, sink, watcher, stop)
    finally:
        await sink.close()


async def test_a_stopped_import_goes_on(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", np.random.default_rng(0).standard_normal((COUNT, D)).astype(np.float32))
    first = await imported(tmp_path, stop_early=True)
    assert not first.is_complete and 0 < first["created"] < COUNT
    second = await imported(tmp_path, stop_early=False)
    assert second.is_complete
    assert (second["unchanged"], second["created"]) == (first["created"], COUNT - first["created"])
    store = LocalStore(tmp_path / "collections", mode="read")
    assert store.open("mine").info().vectors == {"image": COUNT}
    store.close()
