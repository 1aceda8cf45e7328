"""All collections of one data directory. Owns which are open, and their creation and removal.

`mode="write"` opens collections that can be written, on demand: see `collection` for who may write when.
`mode="read"` never writes and takes no lock.
"""

import threading
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Literal
from weakref import WeakValueDictionary

from index.catalog import create_catalog
from index.catalog_connection import translated
from index.collection import LocalCollection
from index.collection_files import (
    CollectionFiles,
    discard,
    draft,
    files_of,
    names_in,
    publish,
    remove,
    remove_leftovers,
)
from index.durable_files import make_folder
from index.errors import (
    CodecUnfitError,
    CollectionExistsError,
    CollectionNotFoundError,
    CorruptError,
    ReadOnlyError,
)
from index.sealed.codec import chosen
from index.sealed.policy import DEFAULT_POLICY, SealPolicy
from index.types import CollectionSpec
from index.writer_lock import WriterLock

Mode = Literal["write", "read"]


class LocalStore:
    """The `CollectionStore` port over a folder. `owner` is how others reach this process, such as its URL.

    `on_card`: sealed vectors are searched on a CUDA card, where there is one with room for them.

    Loading, closing and dropping take long and hold a lock of the collection's name alone: others go on.
    """

    def __init__(
        self,
        directory: Path,
        mode: Mode = "write",
        owner: str | None = None,
        sealing: SealPolicy = DEFAULT_POLICY,
        on_card: bool = False,
    ) -> None:
        self._directory, self._mode, self._owner, self._sealing = Path(directory), mode, owner, sealing
        self._on_card = on_card
        self._open: dict[str, LocalCollection] = {}
        self._busy: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()
        self._guard = threading.Lock()  # guards the two dictionaries, for moments
        if mode == "write":
            with translated():
                make_folder(self._directory)
                remove_leftovers(self._directory)

    def create(self, spec: CollectionSpec) -> LocalCollection:
        """Raises CodecUnfitError, CollectionExistsError, CollectionNameError, ReadOnlyError, StorageFullError."""
        self._require_write_mode()
        check_codec(spec)
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
        known = self._current(name)
        if known is not None:
            return known
        with self._lock_of(name):
            known = self._current(name)  # another thread may have been faster
            return self._load(name, files) if known is None else known

    def names(self) -> Sequence[str]:
        """Those that are there. What another process dropped is closed: its files take room while they are open."""
        self._close_dropped()
        return names_in(self._directory)

    def drop(self, name: str) -> None:
        """Raises CollectionNotFoundError, CollectionLockedError, ReadOnlyError."""
        self._require_write_mode()
        files = files_of(self._directory, name)
        with self._lock_of(name):
            if files.identity() is None:
                raise CollectionNotFoundError.of(name)
            self._forget(name)  # its lock goes with it, and is taken again
            lock = WriterLock(files.lock, self._owner)
            try:
                doomed = remove(files)
            finally:
                lock.release()
        discard(doomed)

    def close(self) -> None:
        with self._guard:
            names = {*self._open, *self._busy}
        for name in names:
            with self._lock_of(name):  # waits for who loads it just now
                self._forget(name)

    def _close_dropped(self) -> None:
        with self._guard:
            dropped = [name for name, known in self._open.items() if not known.is_current]
        for name in dropped:
            with self._lock_of(name):
                if self._current(name) is None:
                    self._forget(name)

    def _load(self, name: str, files: CollectionFiles) -> LocalCollection:
        """Under the lock of the name."""
        self._forget(name)
        if files.identity() is None:
            raise CollectionNotFoundError.of(name)
        try:
            opened = LocalCollection(files, self._mode == "write", self._owner, self._sealing, self._on_card)
        except CorruptError as error:
            raise CorruptError(
                f"collection '{name}' cannot be opened ({error}): `lookalike fsck {name}` tells what is damaged"
            ) from error
        with self._guard:
            self._open[name] = opened
        return opened

    def _current(self, name: str) -> LocalCollection | None:
        with self._guard:
            known = self._open.get(name)
        return known if known is not None and known.is_current else None

    def _lock_of(self, name: str) -> threading.Lock:
        """One lock a name, for as long as somebody holds it or waits for it."""
        with self._guard:
            return self._busy.setdefault(name, threading.Lock())

    def _forget(self, name: str) -> None:
        with self._guard:
            known = self._open.pop(name, None)
        if known is not None:
            known.close()

    def _require_write_mode(self) -> None:
        if self._mode != "write":
            raise ReadOnlyError("this process opened the collections for reading only")


def check_codec(spec: CollectionSpec) -> None:
    """Raises CodecUnfitError. `auto` fits always: vectors that no codec takes stay exact."""
    if spec.codec not in ("auto", "exact") and chosen(spec.codec, spec.dimension) is None:
        raise CodecUnfitError(
            f"vectors of {spec.dimension} dimensions cannot be coded by {spec.codec}: leave the codec to `auto`"
        )


def _agree(collection: LocalCollection, spec: CollectionSpec) -> None:
    """The existing collection serves for `spec`: all equal, and its schema agrees or can grow."""
    existing = collection.spec
    others = [
        f"'{one.name}' is {getattr(existing, one.name)!r} there, not {getattr(spec, one.name)!r}"
        for one in fields(spec)
        if one.name != "attributes" and getattr(existing, one.name) != getattr(spec, one.name)
    ]
    if others:
        raise CollectionExistsError(f"collection '{spec.name}' exists with another specification: {', '.join(others)}")
    for key, type_ in spec.attributes.items():
        if existing.attributes.get(key, type_) != type_:
            found = existing.attributes[key]
            raise CollectionExistsError(f"collection '{spec.name}' exists; there '{key}' is a {found}, not a {type_}")
    if spec.attributes.keys() - existing.attributes.keys():
        collection.declare(spec.attributes)
