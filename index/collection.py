"""A collection on the local disk. Joins the catalogue, the pictures, the state in memory and the writer.

It opens for reading and follows whoever writes. The first write takes the writer lock, which is then held until
`close`; where another process holds it, the write raises CollectionLockedError and reading goes on. So a gateway
serves while a job indexes, and writes again when the job is done.
"""

import threading
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import replace

import numpy as np

from index.attribute_values import Schema, admit
from index.catalog import Catalog
from index.catalog_connection import connect
from index.catalog_migration import migrate
from index.collection_files import CollectionFiles
from index.collection_state import CollectionState
from index.collection_writer import CollectionWriter
from index.errors import CollectionNotFoundError, FieldNotFoundError, ReadOnlyError
from index.follower import Follower
from index.hubness.bias import Biases
from index.hubness.collection_biases import CollectionBiases
from index.index_info import QueryKind, QuerySource, SealProgress
from index.pictures import PictureStore
from index.prepared_item import prepare
from index.query_bank import QueryBank
from index.sealed.policy import DEFAULT_POLICY, SealPolicy
from index.sealed.snapshot import Snapshot, SnapshotFiles
from index.sealed.snapshot_reader import SnapshotReader
from index.sealed.verification import Verification
from index.searcher import DEFAULTS, Searcher
from index.selection import Selector
from index.types import (
    Attributes,
    Candidate,
    CollectionInfo,
    CollectionSpec,
    Facet,
    FieldName,
    Filter,
    HubnessInfo,
    Item,
    ItemWrite,
    RecallCheck,
    SearchParameters,
    Vector,
    Vectors,
    WriteReceipt,
)


class LocalCollection:
    """The `Collection` port over `catalog.sqlite`, sealed segments and the exact ones in memory."""

    def __init__(
        self,
        files: CollectionFiles,
        writable: bool,
        owner: str | None = None,
        sealing: SealPolicy = DEFAULT_POLICY,
        on_card: bool = False,
    ) -> None:
        self._files, self._writable, self._owner, self._sealing = files, writable, owner, sealing
        self._identity = files.identity()
        if writable:
            migrate(files, owner)
        self._catalog = Catalog(files.catalog)
        self._pictures = PictureStore(files.root)
        self._writing = threading.Lock()
        self._writer: CollectionWriter | None = None
        self._closed = False
        try:
            self._created_with = self._catalog.spec()
            self._bank = QueryBank(files.root, self._created_with.dimension)
            self._sealed = SnapshotReader(SnapshotFiles(files.root), writable, on_card)
            most_lost = sealing.most_held(self._created_with.dimension)
            self._state = CollectionState(self._created_with, self._sealed, most_lost)
            with closing(connect(files.catalog, writable=False)) as connection:
                self._state.follow(connection)
            self._selector = Selector(self._catalog, self._state)
            self._searcher = Searcher(self._selector, self._created_with.dimension)
            self._hubness = CollectionBiases(
                files.root, self._created_with, self._catalog.revectored, self._state.vectors
            )
            self._follower = Follower(files.catalog, self._state.follow, lambda: self._state.is_behind)
            self._verification = Verification(self._sealed, self._found_damaged, files.root.name)
        except BaseException:
            self._catalog.close()
            raise

    @property
    def spec(self) -> CollectionSpec:
        """As created, with the attribute schema as it has grown."""
        return replace(self._created_with, attributes=self._state.schema)

    @property
    def sequence(self) -> int:
        return self._state.sequence

    @property
    def is_current(self) -> bool:
        """False once the collection of this name was dropped or made anew, by whatever process."""
        return not self._closed and self._files.identity() == self._identity

    def upsert(self, items: Sequence[ItemWrite]) -> WriteReceipt:
        return self._take_writer().upsert(items)

    def check(self, item: ItemWrite) -> None:
        prepare(item, self._created_with)
        admit(item.id, item.attributes, self._state.schema)

    def unchanged(self, hashes: Sequence[tuple[str, str]]) -> Sequence[bool]:
        return self._catalog.unchanged(hashes)

    def patch(self, id_: str, attributes: Attributes) -> int:
        return self._take_writer().patch(id_, attributes)

    def delete(self, ids: Sequence[str]) -> tuple[int, int]:
        return self._take_writer().delete(ids)

    def delete_matching(self, filter_: Filter) -> tuple[int, int]:
        return self._take_writer().delete_matching(filter_)

    def declare(self, schema: Schema) -> int:
        """Add attributes to the schema; returns the sequence number."""
        return self._take_writer().declare(schema)

    def get(self, ids: Sequence[str]) -> Sequence[Item | None]:
        return self._catalog.items(ids)

    def rows(self, rows: Sequence[int]) -> Sequence[Item | None]:
        return self._catalog.rows(rows)

    def vectors(self, field: FieldName, ids: Sequence[str]) -> Sequence[Vector | None]:
        self._check_field(field)
        rows = np.array(self._state.rows_of(ids), dtype=np.int64)
        found, vectors = self._state.vectors(field, rows)
        return [vector if is_there else None for is_there, vector in zip(found, vectors, strict=True)]

    def row_vectors(self, field: FieldName, rows: Sequence[int]) -> Vectors:
        self._check_field(field)
        return self._state.vectors(field, np.array(rows, dtype=np.int64))[1]

    def picture(self, id_: str) -> bytes | None:
        return self._pictures.picture(self._catalog.picture_ref(id_))

    def thumbnail(self, id_: str) -> bytes | None:
        return self._pictures.thumbnail(self._catalog.thumbnail(id_))

    def search(
        self,
        field: FieldName,
        query: Vector,
        limit: int,
        filter_: Filter | None = None,
        params: SearchParameters = DEFAULTS,
        exclude: Iterable[str] = (),
        words: str | None = None,
    ) -> Sequence[Candidate]:
        self._check_field(field)
        return self._searcher.search(field, query, limit, filter_, params, exclude, words)

    def check_recall(
        self,
        field: FieldName,
        query: Vector,
        limit: int,
        filter_: Filter | None = None,
        params: SearchParameters = DEFAULTS,
        exclude: Iterable[str] = (),
    ) -> RecallCheck | None:
        self._check_field(field)
        return self._searcher.check_recall(field, query, limit, filter_, params, exclude)

    def queries(self, field: FieldName, kind: QueryKind, source: QuerySource) -> Vectors:
        self._check_field(field)
        return self._bank.read(field, kind, source)

    def keep_queries(self, field: FieldName, kind: QueryKind, source: QuerySource, vectors: Vectors) -> None:
        self._check_field(field)
        self._require_writable()
        if not self.is_current:
            raise CollectionNotFoundError.of(self._created_with.name)
        self._bank.write(field, kind, source, vectors)

    def tend(self, measure: bool = False) -> None:
        if not self._writable:
            return
        snapshot = self._state.snapshot
        if snapshot and snapshot.fields and (measure or self._is_unmeasured(snapshot)):
            self._take_writer().measure()
        elif any(self._sealing.reason(one) for one in self._state.standing()):
            self._take_writer()  # its sealer looks at once
        if self._writer is not None:
            self._writer.sweep_if_due()

    def sample(self, count: int) -> Sequence[Item]:
        return [item for item in self._catalog.rows(self._state.sample(count)) if item is not None]

    def biases(self, field: FieldName, rows: Sequence[int]) -> Biases | None:
        self._check_field(field)
        return self._hubness.biases(field, rows, self._state.sequence)

    def correct_hubness(self, field: FieldName, bank: Vectors, k: int, alpha: float) -> HubnessInfo:
        self._check_field(field)
        self._require_writable()
        return self._hubness.correct(field, bank, k, alpha)

    def forget_hubness(self, field: FieldName) -> bool:
        self._check_field(field)
        self._require_writable()
        return self._hubness.forget(field)

    def count(self, filter_: Filter | None = None) -> int:
        return len(self._selector.matching(filter_))

    def facets(
        self, filter_: Filter | None = None, limit: int = 50, keys: Sequence[str] | None = None
    ) -> Sequence[Facet]:
        schema = self._state.schema
        chosen = sorted(schema) if keys is None else [key for key in keys if key in schema]
        return self._state.facets(chosen, self._selector.matching(filter_), limit)

    def ids(self, after: str | None = None, limit: int = 1000) -> Sequence[str]:
        return self._catalog.ids(after, limit)

    def wait_for(self, sequence: int, timeout_s: float) -> None:
        self._state.wait_for(sequence, timeout_s)

    def info(self) -> CollectionInfo:
        items, vectors, memory_bytes = self._state.sizes()
        writer, sequence = self._writer, self._state.sequence
        return CollectionInfo(
            spec=self.spec,
            items=items,
            vectors=vectors,
            sequence=sequence,
            memory_bytes=memory_bytes,
            disk_bytes=self._files.catalog_bytes() + self._files.sealed_bytes() + self._pictures.disk_bytes(sequence),
            writable=self._writable,
            index=self._state.index_info(writer.sealing if writer else SealProgress()),
            hubness=self._hubness.info,
        )

    def close(self) -> None:
        """Finish the writes that wait, release the lock, refuse everything from now on."""
        with self._writing:
            if self._closed:
                return
            self._closed = True
            if self._writer is not None:
                self._writer.close()
        self._verification.close()
        self._state.close()
        self._follower.close()
        self._sealed.close()
        self._catalog.close()

    def _is_unmeasured(self, snapshot: Snapshot) -> bool:
        """Held-out queries came of a kind that it was not measured for."""
        return any(self._bank.is_unmeasured(field, sealed.curves) for field, sealed in snapshot.fields.items())

    def _require_writable(self) -> None:
        if not self._writable:
            raise ReadOnlyError(f"collection '{self._created_with.name}' is open for reading only")

    def _take_writer(self) -> CollectionWriter:
        """The writer, and with it the lock. Raises ReadOnlyError, CollectionLockedError."""
        with self._writing:
            self._require_writable()
            if self._closed:
                raise CollectionNotFoundError(f"collection '{self._created_with.name}' was closed or dropped")
            if self._writer is None:
                self._writer = self._new_writer()
            return self._writer

    def _new_writer(self) -> CollectionWriter:
        return CollectionWriter(
            self._files,
            self._identity,
            self._owner,
            self._created_with,
            self._state,
            self._pictures,
            self._catalog,
            self._sealing,
        )

    def _found_damaged(self) -> None:
        """Who writes has the segment built again; others wait for that."""
        with self._writing:
            writer = None if self._closed else self._writer
        if writer is not None:
            writer.look_again()

    def _check_field(self, field: FieldName) -> None:
        known = self._created_with.fields
        if field not in known:
            raise FieldNotFoundError(f"no vector field '{field}'; there are {', '.join(known)}")
