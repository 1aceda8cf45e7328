"""All collections of one data directory. Owns which are open, and their creation and removal.

`mode="write"` opens collections that can be written, on demand: see `collection` for who may write when.
`mode="read"` never writes and takes no lock.
"""

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from index.catalog import create_catalog
from index.catalog_connection import translated
from index.collection import LocalCollection
from index.collection_files import draft, files_of, names_in, publish, remove, remove_leftovers
from index.errors import CollectionExistsError, CollectionNotFoundError, ReadOnlyError
from index.types import CollectionSpec
from index.writer_lock import WriterLock

Mode = Literal["write", "read"]


class LocalStore:
    """The `CollectionStore` port over a folder. `owner` is how others reach this process, such as its URL."""

    def __init__(self, directory: Path, mode: Mode = "write", owner: str | None = None) -> None:
        self._directory, self._mode, self._owner = Path(directory), mode, owner
        self._open: dict[str, LocalCollection] = {}
        self._opening = threading.Lock()
        if mode == "write":
            with translated():
                self._directory.mkdir(parents=True, exist_ok=True)
                remove_leftovers(self._directory)

    def create(self, spec: CollectionSpec) -> LocalCollection:
        """Raises CollectionExistsError, CollectionNameError, ReadOnlyError, StorageFullError."""
        self._require_write_mode()
        files = files_of(self._directory, spec.name)
        if not files.catalog.exists():
            with draft(self._directory, spec.name) as made:
                create_catalog(made.catalog, spec)
                publish(made, files)  # where another was faster, its specification is compared
        collection = self.open(spec.name)
        _agree(collection, spec)
        return collection

    def open(self, name: str) -> LocalCollection:
        """Raises CollectionNotFoundError, CollectionNameError, CorruptError."""
        files = files_of(self._directory, name)
        with self._opening:
            known = self._open.get(name)
            if known is not None and known.is_current:
                return known
            self._forget(name)
            if files.identity() is None:
                raise CollectionNotFoundError(f"no collection '{name}'")
            opened = LocalCollection(files, self._mode == "write", self._owner)
            self._open[name] = opened
            return opened

    def names(self) -> Sequence[str]:
        return names_in(self._directory)

    def drop(self, name: str) -> None:
        """Raises CollectionNotFoundError, CollectionLockedError, ReadOnlyError."""
        self._require_write_mode()
        files = files_of(self._directory, name)
        with self._opening:
            if files.identity() is None:
                raise CollectionNotFoundError(f"no collection '{name}'")
            self._forget(name)  # its lock goes with it, and is taken again
            lock = WriterLock(files.lock, self._owner)
            try:
                remove(files)
            finally:
                lock.release()

    def close(self) -> None:
        with self._opening:
            for name in list(self._open):
                self._forget(name)

    def _forget(self, name: str) -> None:
        known = self._open.pop(name, None)
        if known is not None:
            known.close()

    def _require_write_mode(self) -> None:
        if self._mode != "write":
            raise ReadOnlyError("this process opened the collections for reading only")


def _agree(collection: LocalCollection, spec: CollectionSpec) -> None:
    """The existing collection serves for `spec`: all equal, and its schema agrees or can grow."""
    existing = collection.spec
    if replace(existing, attributes={}) != replace(spec, attributes={}):
        raise CollectionExistsError(f"collection '{spec.name}' exists with another specification")
    for key, type_ in spec.attributes.items():
        if existing.attributes.get(key, type_) != type_:
            found = existing.attributes[key]
            raise CollectionExistsError(f"collection '{spec.name}' exists; there '{key}' is a {found}, not a {type_}")
    if spec.attributes.keys() - existing.attributes.keys():
        collection.declare(spec.attributes)
