"""Reads all files of the open segments in the background, slowly, and tells which are damaged. Owns the thread.

The disk is read at a bounded rate, so that searches hardly notice; a segment is read once in the life of a process.
"""

import hashlib
import logging
import os
import sys
import threading
from collections.abc import Callable
from time import monotonic

from index.errors import CorruptError, StoreError
from index.sealed.segment_files import FILES, SegmentFiles
from index.sealed.snapshot_reader import RETRY_S, SnapshotReader
from index.sealed.trust import require_resources

log = logging.getLogger(__name__)
BYTES_A_SECOND = 64 * 2**20
PIECE = 2**20
NICENESS = 15
LOOK_S = 1.0
"""How often it looks for segments that are new."""


class Verification:
    """`damaged` is called once a segment was found so, after the reader knows of it."""

    def __init__(self, reader: SnapshotReader, damaged: Callable[[], None], name: str) -> None:
        self._reader, self._damaged = reader, damaged
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name=f"verification-{name}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _work(self) -> None:
        if sys.platform == "linux":  # where a thread has a priority of its own
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        while not self._stopped.is_set():
            for files in self._reader.unverified():
                self._settle(files)
            self._stopped.wait(LOOK_S)

    def _settle(self, files: SegmentFiles) -> None:
        name = files.root.name
        try:
            if not self._is_read_through(files):
                return
        except CorruptError as error:
            if files.root.exists():  # else a builder removed it meanwhile
                self._distrust(name, error)
                return
        self._reader.verified(name)

    def _distrust(self, name: str, error: CorruptError) -> None:
        try:
            require_resources(error)
        except StoreError as lack:
            log.warning("%s; it is read again later", lack)
            self._stopped.wait(RETRY_S)
            return
        self._reader.distrust(name, str(error))
        self._tell()

    def _tell(self) -> None:
        try:
            self._damaged()
        except StoreError as error:  # closed meanwhile, or a full disk: the follower leaves it out too
            log.warning("nobody builds the damaged segment again just now: %s", error)

    def _is_read_through(self, files: SegmentFiles) -> bool:
        """False where it was stopped before the end. Raises CorruptError."""
        description = files.description()
        for name in FILES:
            found = self._checksum(files, name)
            if found is None:
                return False
            if found != description.files.get(name):
                raise CorruptError(f"segment {files.root.name}: {name} is damaged")
        return True

    def _checksum(self, files: SegmentFiles, name: str) -> str | None:
        """sha256 in hex, at the bounded rate; None once stopped. Raises CorruptError where it cannot be read."""
        digest, start, done = hashlib.sha256(), monotonic(), 0
        try:
            with (files.root / name).open("rb") as file:
                while piece := file.read(PIECE):
                    digest.update(piece)
                    done += len(piece)
                    if self._stopped.wait(max(0.0, start + done / BYTES_A_SECOND - monotonic())):
                        return None
        except OSError as error:
            raise CorruptError(f"segment {files.root.name}: {name} cannot be read: {error}") from error
        return digest.hexdigest()
