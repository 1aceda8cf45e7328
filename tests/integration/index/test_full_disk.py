"""A store on a disk that fills up: while it writes, seals, is backed up."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index import Collection, LocalStore
from index.backup import BackupOrder, RestoreOrder, back_up, restore
from index.checking import CheckOrder, check
from index.errors import StorageFullError
from index.sealed.sealer import builder_command
from index.types import CollectionSpec, ItemWrite, SearchParameters
from tests.small_disk import fill_up, small_disk_at

SPEC = CollectionSpec("full", "starter", "starter-1", 256, attributes={"number": "number"})
QUERY = np.ones(256, dtype=np.float32)
BATCH = 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk_at(tmp_path) as folder:
        yield folder


def batch(number: int, picture_bytes: int) -> list[ItemWrite]:
    chance = np.random.default_rng(number)
    return [
        ItemWrite(
            f"i{number}-{n}",
            f"{number}",
            attributes={"number": number},
            picture=chance.bytes(picture_bytes) if picture_bytes else None,
            vectors={"image": chance.standard_normal(256).astype(np.float32)},
        )
        for n in range(BATCH)
    ]


def fill(collection: Collection, picture_bytes: int) -> int:
    """Write until there is no room; returns how many batches were acknowledged."""
    for number in range(1000):
        try:
            collection.upsert(batch(number, picture_bytes))
        except StorageFullError:
            return number
    raise AssertionError("the disk never filled")


@pytest.mark.parametrize("picture_bytes", [0, 4000], ids=["rows", "pictures"])
def test_a_full_disk_refuses_writes_and_serves_on(small_disk: Path, picture_bytes: int) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(2**20))
    store = LocalStore(small_disk / "data")
    collection = store.create(SPEC)
    written = fill(collection, picture_bytes)
    assert collection.count() == len(collection.search("image", QUERY, 10_000)) == written * BATCH
    with pytest.raises(StorageFullError):
        store.create(replace(SPEC, name="another"))
    assert sorted(path.name for path in (small_disk / "data").iterdir()) == ["full"]
    ballast.unlink()
    assert collection.upsert(batch(written, picture_bytes)).results[0].status == "created"
    store.close()
    again = LocalStore(small_disk / "data").open("full")
    assert again.count() == (written + 1) * BATCH
    assert list(LocalStore(small_disk / "data").names()) == ["full"]
    again.close()


def sealed_now(folder: Path) -> bool:
    command = builder_command(folder / "data" / "full", 100)
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def test_a_disk_that_fills_during_a_seal_keeps_the_collection(small_disk: Path) -> None:
    store = LocalStore(small_disk / "data")
    collection = store.create(SPEC)
    for number in range(20):
        collection.upsert(batch(number, 0))
    expected = [(hit.id, hit.cosine) for hit in collection.search("image", QUERY, 50)]
    for free in (2_000, 60_000, 200_000, 300_000):
        ballast = fill_up(small_disk, free)
        assert not sealed_now(small_disk), free
        assert [(hit.id, hit.cosine) for hit in collection.search("image", QUERY, 50)] == expected
        ballast.unlink()
    with_ballast = fill_up(small_disk, 2_000)
    with pytest.raises(StorageFullError):
        fill(collection, 0)
        collection.upsert(batch(1001, 4000))
    with_ballast.unlink()
    assert sealed_now(small_disk)
    exact = SearchParameters(exact=True)
    expected = [(hit.id, hit.cosine) for hit in collection.search("image", QUERY, 50, None, exact)]
    store.close()
    again = LocalStore(small_disk / "data")
    found = again.open("full").search("image", QUERY, 50, None, exact)
    assert [(hit.id, hit.cosine) for hit in found] == expected
    assert check(small_disk / "data", CheckOrder("full")).is_clean
    assert not list((small_disk / "data" / "full" / "segments").glob("*/spool"))
    again.close()


def test_a_disk_that_fills_during_a_backup_spoils_neither_side(
    small_disk: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = tmp_path_factory.mktemp("elsewhere")
    store = LocalStore(data)
    collection = store.create(SPEC)
    for number in range(20):
        collection.upsert(batch(number, 4000))
    order = BackupOrder("full", small_disk / "backups")
    for free in (2_000, 500_000, 1_000_000, 1_500_000):
        ballast = fill_up(small_disk, free)
        with pytest.raises(StorageFullError):
            back_up(data, order)
        collection.upsert(batch(free, 0))
        ballast.unlink()
    collection.delete([f"i{number}-{n}" for number in range(10, 20) for n in range(BATCH)])
    assert back_up(data, order).point.number == 1
    restore(data, RestoreOrder(small_disk / "backups", "full", "again"))
    assert store.open("again").count() == collection.count()
    fill_up(small_disk, 100_000)
    with pytest.raises(StorageFullError):
        restore(small_disk / "data", RestoreOrder(small_disk / "backups", "full"))
    assert list((small_disk / "data").iterdir()) == []
    store.close()
