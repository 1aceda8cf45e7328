"""A process that writes without end and notes each acknowledged batch in a journal outside the store.

A line is in the journal, synced, only after the store has acknowledged its batch.
"""

import os
import sys
import threading
from pathlib import Path

from index import Collection, LocalStore
from tests.integration.index.journalled_batches import POLICY, SPEC, batch


def write_without_end(collection: Collection, thread: int, first: int, journal: Path) -> None:
    with journal.open("a") as file:
        number = first
        while True:
            batch(thread, number).write(collection)
            file.write(f"{number}\n")
            file.flush()
            os.fsync(file.fileno())
            number += 1


def main(directory: Path, firsts: list[int]) -> None:
    collection = LocalStore(directory / "data", sealing=POLICY).create(SPEC)
    print("writing", flush=True)
    threads = [
        threading.Thread(target=write_without_end, args=(collection, thread, first, directory / f"journal-{thread}"))
        for thread, first in enumerate(firsts)
    ]
    for started in threads:
        started.start()
    for started in threads:
        started.join()


if __name__ == "__main__":
    main(Path(sys.argv[1]), [int(first) for first in sys.argv[2:]])
