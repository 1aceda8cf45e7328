"""One writer process a collection: an operating system's lock on a file that carries the owner's address.

`flock` and not a file that exists: the kernel lets go of it when the process dies, however it dies. The address
is advice for whoever is refused; in the instant after the lock changed hands it may still be the former owner's.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from index.catalog_connection import translated
from index.errors import CollectionLockedError, CollectionNotFoundError

MAX_OWNER_BYTES = 4096


class WriterLock:
    """Held from construction to `release`. Raises CollectionLockedError where another holds it."""

    def __init__(self, path: Path, owner: str | None) -> None:
        with translated():
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            self._lock(path)
            os.ftruncate(self._descriptor, 0)
            with suppress(OSError):  # a full disk: it is but advice
                os.pwrite(self._descriptor, (owner or "").encode()[:MAX_OWNER_BYTES], 0)
        except BaseException:
            os.close(self._descriptor)
            raise

    def release(self) -> None:
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)

    def _lock(self, path: Path) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = os.pread(self._descriptor, MAX_OWNER_BYTES, 0).decode(errors="replace") or None
            known = f" (at {owner})" if owner else ""
            raise CollectionLockedError(f"another process{known} writes to '{path.parent.name}'", owner) from error
        if not _is_named(path, self._descriptor):
            raise CollectionNotFoundError(f"collection '{path.parent.name}' was dropped")


def _is_named(path: Path, descriptor: int) -> bool:
    """Whether the locked file is still the one under that name, and not of a folder dropped meanwhile."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
