"""A disk that really is full: a small file system in memory, where this user may mount one."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index import Collection, LocalStore
from index.errors import StorageFullError
from index.types import CollectionSpec, ItemWrite

SPEC = CollectionSpec("full", "starter", "starter-1", 256, attributes={"number": "number"})
QUERY = np.ones(256, dtype=np.float32)
BATCH = 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(tmp_path)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("needs the right to mount a file system")
    yield tmp_path
    subprocess.run(["umount", "--lazy", tmp_path], check=True)


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
