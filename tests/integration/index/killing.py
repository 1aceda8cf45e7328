"""Kills a writing process at random instants, and checks after each what the store holds against the journal.

The model is the fake store, to which the same batches are applied: after each kill, what belongs to a thread must
equal the model after its acknowledged batches, or after one more (committed, but the process died before it could
say so). Nothing in between passes.
"""

import fcntl
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext, suppress
from pathlib import Path
from time import monotonic, sleep

import numpy as np

from index import Collection, LocalStore
from index.backup import RestoreOrder, restore
from index.backup.point import Repository
from index.catalog_connection import connect
from index.checking import CheckOrder, check
from index.pictures import PictureStore
from index.sealed.builder import SealOrder, seal
from index.sealed.policy import SealPolicy
from index.sealed.snapshot import SnapshotFiles
from index.types import Filter, Item, Match, SearchParameters, Vector
from tests.children_of import children_of
from tests.fakes.collection_store import FakeCollection
from tests.integration.index.journalled_batches import IDS, POLICY, SPEC, THREADS, batch

ROOT = Path(__file__).parents[3]
LONGEST_S = 0.4
PATIENCE_S = 90.0
KEYWORDS = ("owner", "brand", "tags")
KNOWN = {
    *("catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm", "writer.lock", "builder.lock", "CURRENT"),
    *("pictures", "thumbnails", "segments", "codecs", "items", "snapshots"),
}


class Killing:
    """A store that is written, sealed, backed up, killed and checked, round after round."""

    def __init__(self, directory: Path, seed: int, longest_s: float = LONGEST_S) -> None:
        self._directory, self._longest_s = directory, longest_s
        self._chance = random.Random(seed)
        self._written = [0] * THREADS
        self._models = [FakeCollection(SPEC) for _ in range(THREADS)]
        self.kills: Counter[str] = Counter()
        self.seals = 0

    @property
    def batches(self) -> int:
        return sum(self._written)

    def round(self, backups: bool = False, surely: bool = False) -> None:
        """Write, kill, reopen, check. `backups`: another process takes them meanwhile, and is killed too. `surely`: not
        before something was sealed, and a backup taken."""
        with self._backing_up(surely) if backups else nullcontext():
            self._write_and_kill(surely)
        store = LocalStore(self._directory / "data", sealing=POLICY)
        if SPEC.name in store.names():
            collection = store.open(SPEC.name)
            for thread in range(THREADS):
                self._check(collection, thread)
            check_agreement(collection)
            self.seals = max(self.seals, collection._state.snapshot.number if collection._state.snapshot else 0)
            store.close()
            self._check_files()
        store.close()

    @property
    def points(self) -> int:
        """Backups that were taken, and are kept."""
        return len(Repository(self._directory / "backups" / SPEC.name).numbers())

    def check_backup(self) -> None:
        """The newest point holds a moment of the past: whole batches, and no more than was written."""
        if not self.points:
            return
        target = self._directory / "restored"
        restore(target, RestoreOrder(self._directory / "backups", SPEC.name))
        assert check(target, CheckOrder(SPEC.name)).is_clean
        store = LocalStore(target)
        check_agreement(store.open(SPEC.name))
        store.drop(SPEC.name)
        store.close()

    def check_leftovers(self) -> None:
        """Once somebody writes and seals undisturbed, there is nothing but what is named."""
        store = LocalStore(self._directory / "data", sealing=SealPolicy(least=10**9))
        collection = store.open(SPEC.name)
        PictureStore(self._root).sweep(collection._catalog.files_in_use, age_s=-1.0)
        most_vectors = max(collection.info().vectors.values())
        store.close()
        refs, thumbnails = files_in_use(self._root)
        assert names(self._root / "pictures", "*/*") == {ref.removeprefix("sha256:") for ref in refs}
        assert names(self._root / "thumbnails", "*/*") == thumbnails
        assert names(self._directory / "data", "*") == {SPEC.name}
        order = SealOrder(least=POLICY.least)
        with (self._root / "builder.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # until a builder whose writer was killed has ended
            snapshot = seal(self._root, order, lambda doing, share: None)
        if snapshot is None:
            assert most_vectors < POLICY.least, "nothing was sealed"
            return
        fields = snapshot.fields.values()
        assert names(self._root / "segments", "*") == {name for field in fields for name in field.segments}
        assert names(self._root / "codecs", "*") == {f"{field.codec}.faiss" for field in fields}
        assert names(self._root / "items", "*") == {snapshot.items}
        assert len(names(self._root / "snapshots", "*")) == 1
        assert names(self._root, "*") <= KNOWN

    @property
    def _root(self) -> Path:
        return self._directory / "data" / SPEC.name

    def _check_files(self) -> None:
        report = check(self._directory / "data", CheckOrder(SPEC.name))
        assert report.is_clean, report.findings

    def _write_and_kill(self, surely: bool) -> None:
        command = [sys.executable, "-m", "tests.integration.index.journalled_writer", str(self._directory)]
        firsts = [str(written) for written in self._written]
        with subprocess.Popen([*command, *firsts], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            try:
                self._wait_for_kill(process, surely)
            finally:
                builders = children_of(process.pid)
                process.kill()
            self._kill_builders(builders)
        self.kills["writer"] += 1

    def _wait_for_kill(self, process: "subprocess.Popen[str]", surely: bool) -> None:
        assert process.stdout is not None
        if self._chance.random() < 0.9:  # else it may die while it opens the store
            assert process.stdout.readline() == "writing\n"
        if surely:
            self._wait_for_seal()
        with suppress(subprocess.TimeoutExpired):
            code = process.wait(self._chance.uniform(0, self._longest_s))
            raise AssertionError(f"the writer ended by itself with {code}")

    def _wait_for_seal(self) -> None:
        files = SnapshotFiles(self._root)
        before, end = files.stamp(), monotonic() + PATIENCE_S
        while files.stamp() == before:
            assert monotonic() < end, "nothing was sealed"
            sleep(0.02)

    def _kill_builders(self, builders: Sequence[int]) -> None:
        """Half of them; the others go on without their writer until they have something to say."""
        for pid in builders:
            if self._chance.random() < 0.5:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    self.kills["builder"] += 1

    @contextmanager
    def _backing_up(self, surely: bool) -> Iterator[None]:
        command = [sys.executable, "-m", "tests.integration.index.endless_backup", str(self._directory)]
        if not (self._root / "catalog.sqlite").exists():
            yield
            return
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                if surely:
                    process.stdout.readline()  # the number of a complete point
                yield
            finally:
                process.kill()
                _, said = process.communicate()
        assert process.returncode == -signal.SIGKILL, said
        self.kills["backup"] += 1

    def _check(self, collection: Collection, thread: int) -> None:
        model, acknowledged = self._models[thread], self._acknowledged(thread)
        for number in range(self._written[thread], acknowledged):
            batch(thread, number).write(model)
        self._written[thread] = acknowledged
        if contents(collection, thread) != contents(model, thread):
            batch(thread, acknowledged).write(model)
            self._written[thread] += 1
            assert contents(collection, thread) == contents(model, thread), f"thread {thread}, batch {acknowledged}"

    def _acknowledged(self, thread: int) -> int:
        """How many batches: those of earlier rounds that died before the journal were checked and count."""
        journal = self._directory / f"journal-{thread}"
        lines = journal.read_text().splitlines() if journal.exists() else []
        return max(self._written[thread], int(lines[-1]) + 1 if lines else 0)


def contents(collection: Collection, thread: int) -> list[object]:
    """All that is stored of a thread's items, as the truth has it."""
    ids = [f"t{thread}-{n}" for n in range(IDS)]
    vectors = [collection.vectors(field, ids) for field in SPEC.fields]
    return [
        _whole(collection, item, item_vectors)
        for item, *item_vectors in zip(collection.get(ids), *vectors, strict=True)
    ]


def _whole(collection: Collection, item: Item | None, vectors: Sequence[Vector | None]) -> object:
    if item is None:
        return None
    stored = [None if vector is None else vector.tobytes() for vector in vectors]
    picture = collection.picture(item.id)
    return item.text, item.content_hash, dict(item.attributes), item.picture_ref, picture, stored


def check_agreement(collection: Collection) -> None:
    """What searches and filters find is what the catalogue holds."""
    ids = list(collection.ids(limit=10 * IDS))
    items = [item for item in collection.get(ids) if item is not None]
    assert len(items) == len(ids) == collection.count() == collection.info().items
    for key in KEYWORDS:
        for value in {value for item in items for value in words(item, key)}:
            holding = sum(value in words(item, key) for item in items)
            assert collection.count(Filter(must=(Match(key, (value,)),))) == holding
    for field in SPEC.fields:
        hits = collection.search(field, np.ones(16, dtype=np.float32), 10 * IDS, None, SearchParameters(exact=True))
        found = [hit.id for hit in hits]
        stored = zip(ids, collection.vectors(field, ids), strict=True)
        expected = {id_ for id_, vector in stored if vector is not None}
        assert set(found) == expected, f"{field}: {set(found) ^ expected}"
        assert len(found) == len(expected), f"{field}: some were found twice"


def words(item: Item, key: str) -> tuple[str, ...]:
    value = item.attributes.get(key)
    return value if isinstance(value, tuple) else (str(value),)


def names(folder: Path, pattern: str) -> set[str]:
    return {path.name for path in folder.glob(pattern)}


def files_in_use(root: Path) -> tuple[set[str], set[str]]:
    with closing(connect(root / "catalog.sqlite", writable=False)) as connection:
        rows = connection.execute("SELECT picture_ref, thumbnail FROM items").fetchall()
    refs, thumbnails = zip(*rows, strict=True) if rows else ((), ())
    return {ref for ref in refs if ref and ref.startswith("sha256:")}, {name for name in thumbnails if name}
