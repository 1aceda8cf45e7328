"""The collection store as its users see it: what every adapter (local, later Milvus) must do.

All methods are synchronous and safe to call from several threads; callers give them a thread and a deadline.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from index.index_info import QueryKind, QuerySource
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
    Numbers,
    RecallCheck,
    SearchParameters,
    Vector,
    Vectors,
    WriteReceipt,
)


class Collection(Protocol):
    """One open collection. A write that returned is durable and visible to the next search."""

    @property
    def spec(self) -> CollectionSpec: ...

    @property
    def sequence(self) -> int:
        """What searches see; cheap, where `info` walks over files."""

    def upsert(self, items: Sequence[ItemWrite]) -> WriteReceipt:
        """Write a batch in one transaction: all of it or nothing.

        Raises: SpaceMismatchError, VectorError, FieldNotFoundError, AttributeValueError (each with `item_id`: an
        item may pass `check` alone and still clash with the first value of an attribute in its own batch),
        ReadOnlyError, CollectionLockedError, StorageFullError, SealingBehindError, WritesBehindError.
        """

    def check(self, item: ItemWrite) -> None:
        """Raise what `upsert` would raise for this one item; change nothing."""

    def unchanged(self, hashes: Sequence[tuple[str, str]]) -> Sequence[bool]:
        """For each (id, content_hash): is this content stored, with a vector? Lets callers skip the encoder."""

    def patch(self, id_: str, attributes: Attributes) -> int:
        """Merge attributes (None removes) without touching vectors; returns the sequence number."""

    def delete(self, ids: Sequence[str]) -> tuple[int, int]:
        """Delete by id, ignoring unknown ids. Returns (number deleted, sequence)."""

    def delete_matching(self, filter_: Filter) -> tuple[int, int]:
        """Delete what matches a filter. Returns (number deleted, sequence)."""

    def get(self, ids: Sequence[str]) -> Sequence[Item | None]:
        """Items by id, None where unknown."""

    def rows(self, rows: Sequence[int]) -> Sequence[Item | None]:
        """Items by row, None where the row is dead."""

    def vectors(self, field: FieldName, ids: Sequence[str]) -> Sequence[Vector | None]:
        """Stored vectors of a field by id, None where there is none."""

    def row_vectors(self, field: FieldName, rows: Sequence[int]) -> Vectors:
        """float32 [n, d] stored vectors by row; a zero row where there is none."""

    def picture(self, id_: str) -> bytes | None:
        """The kept picture's bytes."""

    def thumbnail(self, id_: str) -> bytes | None:
        """The kept thumbnail's bytes (WebP)."""

    def search(
        self,
        field: FieldName,
        query: Vector,
        limit: int,
        filter_: Filter | None = None,
        params: SearchParameters = ...,
        exclude: Iterable[str] = (),
        words: str | None = None,
    ) -> Sequence[Candidate]:
        """The `limit` nearest live rows by inner product, best first, ties by row.

        With `words`, every row carries the BM25 of its text, and among them are also the `limit` rows with a vector
        in the field whose texts fit the words best: up to twice `limit`, all of one sequence number.
        """

    def check_recall(
        self,
        field: FieldName,
        query: Vector,
        limit: int,
        filter_: Filter | None = None,
        params: SearchParameters = ...,
        exclude: Iterable[str] = (),
    ) -> RecallCheck | None:
        """Search as `search` does and exactly, over the same rows; None where nothing is approximate, or found.

        Reads every vector that the filter allows: for a thread that nobody waits for.
        """

    def queries(self, field: FieldName, kind: QueryKind, source: QuerySource) -> Vectors:
        """float32 [n, d] the held-out queries that are kept; empty where there are none."""

    def keep_queries(self, field: FieldName, kind: QueryKind, source: QuerySource, vectors: Vectors) -> None:
        """Replace them, as files beside the catalogue: recall is measured on them. Raises ReadOnlyError."""

    def tend(self, measure: bool = False) -> None:
        """Start what is due though nobody writes: a seal, or a measurement of new held-out queries.

        Now and then, after writes of this process, it deletes the pictures of items that went: that reads all items.

        `measure`: measure again though nothing is due. Raises CollectionLockedError where another process writes,
        who does this then.
        """

    def sample(self, count: int) -> Sequence[Item]:
        """Distinct live items, at random; all where there are fewer."""

    def biases(self, field: FieldName, rows: Sequence[int]) -> Numbers | None:
        """float32 [n]: what hubness correction takes off the cosine of each row with a text, less the average of all
        items; None where the correction is off.
        """

    def correct_hubness(self, field: FieldName, bank: Vectors, k: int, alpha: float) -> HubnessInfo:
        """Turn the correction on, or make it anew, from a bank of typical queries float32 [q, d] of unit length.

        Takes a while.
        Raises SpaceMismatchError, VectorError (a bank smaller than k), FieldNotFoundError, ReadOnlyError.
        """

    def forget_hubness(self, field: FieldName) -> bool:
        """Turn the correction off; whether it was on. Raises FieldNotFoundError, ReadOnlyError."""

    def count(self, filter_: Filter | None = None) -> int:
        """How many live items match."""

    def facets(
        self, filter_: Filter | None = None, limit: int = 50, keys: Sequence[str] | None = None
    ) -> Sequence[Facet]:
        """The most frequent values of attributes and their counts, among the live items that match.

        `keys`: of these attributes, in this order; None: of all, by name. Unknown ones are left out.
        """

    def ids(self, after: str | None = None, limit: int = 1000) -> Sequence[str]:
        """Ids in ascending order after `after`, for paging through everything."""

    def wait_for(self, sequence: int, timeout_s: float) -> None:
        """Return when `sequence` is visible to searches. Raises SequenceTimeoutError."""

    def info(self) -> CollectionInfo: ...

    def close(self) -> None: ...


class CollectionStore(Protocol):
    """All collections of one data directory."""

    def create(self, spec: CollectionSpec) -> Collection:
        """Create, or return the existing one if its specification is the same; CollectionExistsError if not."""

    def open(self, name: str) -> Collection:
        """The collection, opened once and shared; raises CollectionNotFoundError.

        Cheap: ask at every request, so that a collection that was dropped or made anew meanwhile is noticed.
        """

    def names(self) -> Sequence[str]: ...

    def drop(self, name: str) -> None: ...

    def close(self) -> None: ...
