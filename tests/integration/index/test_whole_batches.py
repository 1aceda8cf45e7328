"""Searches while others write: in one process, and in reader processes that follow."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from index import Collection, LocalStore
from index.types import Filter, ItemWrite, Range
from tests.integration.index.whole_batches import ITEMS, QUERY, SPEC, batch, check_whole, replacement

ROOT = Path(__file__).parents[3]
BATCHES = 60
DEADLINE_S = 60


def write(collection: Collection, number: int) -> int:
    collection.delete(replacement(number))
    return collection.upsert(batch(number)).sequence


def test_threads_that_search_see_whole_batches_and_their_own_writes(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    collection, done = store.create(SPEC), threading.Event()

    def search() -> int:
        searches = 0
        while not done.is_set() or not searches:
            check_whole(collection)
            searches += 1
        return searches

    with ThreadPoolExecutor(2) as pool:
        searching = [pool.submit(search) for _ in range(2)]
        try:
            for number in range(BATCHES):
                write(collection, number)
                assert collection.count(Filter(must=(Range("batch", gte=number),))) == ITEMS
                check_whole(collection, at_least=number)
        finally:
            done.set()
        assert all(future.result(DEADLINE_S) for future in searching)
    store.close()


def test_many_threads_write_and_each_hears_of_its_own(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    collection = store.create(SPEC)

    def write_some(thread: int) -> list[int]:
        sequences = []
        for number in range(10):
            vector = (QUERY + number).astype("float32")
            item = ItemWrite(f"t{thread}-{number}", "c", vectors={"image": vector})
            receipt = collection.upsert([item])
            assert [(r.id, r.status) for r in receipt.results] == [(item.id, "created")]
            assert collection.count(Filter()) > 0
            sequences.append(receipt.sequence)
        return sequences

    with ThreadPoolExecutor(8) as pool:
        sequences = [s for some in pool.map(write_some, range(8)) for s in some]
    assert sorted(sequences) == list(range(1, 81))
    assert len(collection.search("image", QUERY, 100)) == 80
    store.close()


@contextmanager
def reader_process(directory: Path) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-W", "error", "-m", "tests.integration.index.reader", str(directory)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_reader_processes_follow_the_writer(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    collection = store.create(SPEC)
    with ExitStack() as stack:
        readers = [stack.enter_context(reader_process(tmp_path)) for _ in range(3)]
        for reader in readers:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "following\n"
        sequence = [write(collection, number) for number in range(BATCHES)][-1]
        for reader in readers:
            answer, _ = reader.communicate(f"{sequence}\n", timeout=DEADLINE_S)
            assert answer == f"visible {BATCHES - 1}\n"
            assert reader.returncode == 0
    store.close()
