"""The writing side of a local collection: the lock, every kind of write, and the sweep of old pictures.

Exists only while this process holds the writer lock. Checks and encodes in the caller's thread, writes the
picture files, and only then hands the rows to the one thread that commits.
"""

import logging
import math
import sqlite3
from collections.abc import Sequence
from time import monotonic

from index.attribute_values import Schema
from index.catalog import Catalog
from index.catalog_writer import CatalogWriter
from index.collection_files import CollectionFiles
from index.collection_state import NOTHING, CollectionState
from index.errors import CollectionNotFoundError, StoreError
from index.group_commit import GroupCommit
from index.index_info import SealProgress
from index.pictures import PictureStore
from index.prepared_item import PreparedItem, prepare
from index.sealed.policy import SealPolicy
from index.sealed.sealer import Sealer
from index.selection import Selector
from index.types import Attributes, CollectionSpec, Filter, ItemWrite, WriteReceipt
from index.writer_lock import WriterLock

log = logging.getLogger(__name__)
SWEEP_EVERY_S = 3600.0
"""Old pictures are looked for so often, where there were writes."""
SWEPT_AT_ONCE = 20_000
"""Of so few items they are looked for before the first write: it takes a moment, and a short job looks at all."""


class CollectionWriter:
    """Safe to call from several threads; each gets its own receipt."""

    def __init__(
        self,
        files: CollectionFiles,
        identity: int | None,
        owner: str | None,
        spec: CollectionSpec,
        state: CollectionState,
        pictures: PictureStore,
        catalog: Catalog,
        sealing: SealPolicy,
    ) -> None:
        self._spec, self._state, self._pictures = spec, state, pictures
        self._selector, self._catalog = Selector(catalog, state), catalog
        self._swept_at, self._swept = -math.inf, (NOTHING, NOTHING)
        self._lock = WriterLock(files.lock, owner)
        try:
            if files.identity() != identity:
                raise CollectionNotFoundError(f"collection '{spec.name}' was dropped and made anew; open it again")
            if state.sizes()[0] <= SWEPT_AT_ONCE:
                self.sweep_if_due()
            self._commits = GroupCommit(files.catalog, spec.space_id, self._committed)
        except BaseException:
            self._lock.release()
            raise
        self._sealer = Sealer(files.root, sealing, state.standing, self.look_again)

    @property
    def sealing(self) -> SealProgress:
        return self._sealer.progress

    def sweep_if_due(self) -> None:
        """Delete the pictures and thumbnails of items that changed or went. Reads all items.

        Where that fails, they stay.
        """
        sequence = self._state.sequence
        if self._swept == (sequence, sequence) or monotonic() < self._swept_at + SWEEP_EVERY_S:
            return  # twice, since the first sweep after the last write leaves what was young
        self._swept_at, self._swept = monotonic(), (self._swept[1], sequence)
        try:
            self._pictures.sweep(self._catalog.files_in_use)
        except StoreError as error:
            log.warning("pictures that nothing refers to stay in collection '%s': %s", self._spec.name, error)

    def measure(self) -> None:
        """Have the recall of what is sealed measured again."""
        self._sealer.measure()

    def upsert(self, items: Sequence[ItemWrite]) -> WriteReceipt:
        self._sealer.wait_for_room()
        prepared = self._prepared(items)
        return self._commits.run(lambda catalog: catalog.upsert(prepared))

    def patch(self, id_: str, attributes: Attributes) -> int:
        return self._commits.run(lambda catalog: catalog.patch(id_, attributes))

    def delete(self, ids: Sequence[str]) -> tuple[int, int]:
        return self._commits.run(lambda catalog: catalog.delete(ids))

    def delete_matching(self, filter_: Filter) -> tuple[int, int]:
        """Alone: the filter sees what is committed, and no write of the same group."""

        def delete(catalog: CatalogWriter) -> tuple[int, int]:
            return catalog.delete_rows(list(self._selector.matching(filter_)))

        return self._commits.run(delete, alone=True)

    def declare(self, schema: Schema) -> int:
        return self._commits.run(lambda catalog: catalog.declare(schema))

    def close(self) -> None:
        self._sealer.close()
        self._commits.close()
        self._lock.release()

    def _committed(self, connection: sqlite3.Connection) -> None:
        self._state.follow(connection)
        self._sealer.notice()

    def look_again(self) -> None:
        """An empty write: the thread that commits follows, and finds what became of the sealed side."""
        self._commits.run(lambda catalog: None)

    def _prepared(self, items: Sequence[ItemWrite]) -> list[PreparedItem]:
        """All checks come before the first file."""
        prepared = [prepare(item, self._spec) for item in items]
        refs = self._keep_pictures(items)
        return [
            ready.with_files(refs.get(number), self._keep_thumbnail(item.thumbnail))
            for number, (item, ready) in enumerate(zip(items, prepared, strict=True))
        ]

    def _keep_pictures(self, items: Sequence[ItemWrite]) -> dict[int, str]:
        if self._spec.pictures == "none":
            return {}
        brought = {number: item.picture for number, item in enumerate(items) if item.picture is not None}
        return dict(zip(brought, self._pictures.keep(list(brought.values())), strict=True))

    def _keep_thumbnail(self, thumbnail: bytes | None) -> str | None:
        return None if thumbnail is None else self._pictures.keep_thumbnail(thumbnail)
