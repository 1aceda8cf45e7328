"""What it costs to verify a sealed segment: before it is opened, and in the background.

`python benchmarks/index/verification.py [FOLDER]`: files of the sizes that 1,000,000 vectors of 512 dimensions have
(RaBitQ, 4,096 lists), of random bytes. The page cache is warm: a cold disk adds its own reading.
"""

import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from time import perf_counter

from index.sealed.segment_files import FILES, LISTS, ROWS, SLOTS, VECTORS, SegmentDescription, SegmentFiles, sha256_of
from index.sealed.trust import BEFORE_OPENING

COUNT, DIMENSION, LISTS_COUNT = 1_000_000, 512, 4_096
SIZES = {
    LISTS: COUNT * (DIMENSION // 8 + 8 + 8) + 4 * DIMENSION * (LISTS_COUNT + DIMENSION),
    ROWS: 4 * COUNT,
    SLOTS: 4 * COUNT,
    VECTORS: 2 * COUNT * DIMENSION,
}
PIECE = 2**24


def fill(path: Path, size: int) -> None:
    with path.open("wb") as file:
        for start in range(0, size, PIECE):
            file.write(os.urandom(min(PIECE, size - start)))


def seconds(files: SegmentFiles, description: SegmentDescription, names: Sequence[str]) -> float:
    """The best of three."""
    times = []
    for _ in range(3):
        start = perf_counter()
        files.verify(description, names)
        times.append(perf_counter() - start)
    return min(times)


def main(folder: Path) -> None:
    for name, size in SIZES.items():
        fill(folder / name, size)
    files = SegmentFiles(folder)
    sums = {name: sha256_of(folder / name) for name in FILES}
    description = SegmentDescription("image", "space/1", DIMENSION, COUNT, "codec", "ivf-rabitq", 0, COUNT - 1, sums)
    print(f"{date.today()}, {platform.machine()}, {os.cpu_count()} processors; {COUNT:,} x {DIMENSION}")
    for what, names in (("before opening", BEFORE_OPENING), ("stored vectors", (VECTORS,))):
        size = sum(SIZES[name] for name in names)
        print(f"{what:>15}: {size / 1e6:7.1f} MB in {seconds(files, description, names):.2f} s")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as made:
        main(Path(made))
