"""A folder in memory, where the system offers one: hundreds of small stores need not each wait for a disk to sync."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

SHARED_MEMORY = Path("/dev/shm")


@contextmanager
def memory_folder() -> Iterator[Path]:
    """Where there is none it lies on the disk, and the tests are merely slower."""
    with TemporaryDirectory(dir=SHARED_MEMORY if SHARED_MEMORY.is_dir() else None, prefix="lookalike-") as folder:
        yield Path(folder)
