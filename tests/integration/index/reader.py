"""A process that searches while another writes, until it is told the last sequence number on its input."""

import sys
import threading
from pathlib import Path

from index import LocalStore
from tests.integration.index.whole_batches import SPEC, check_whole

DEADLINE_S = 30


def main(directory: Path) -> None:
    store = LocalStore(directory, mode="read")
    collection = store.open(SPEC.name)
    print("following", flush=True)
    told: list[int] = []
    listening = threading.Thread(target=lambda: told.append(int(sys.stdin.readline())))
    listening.start()
    while listening.is_alive():
        check_whole(collection)
    collection.wait_for(told[0], DEADLINE_S)
    check_whole(collection)
    print("visible", int({facet.key: facet.maximum or 0 for facet in collection.facets()}["batch"]), flush=True)
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
