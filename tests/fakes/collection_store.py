"""The collection store in dictionaries, for unit tests of the service. It passes the contract suite of the real one.

Quick to make and to read; every search walks every item.
"""

import hashlib
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from index.attribute_values import admit, merged
from index.collection_files import check_name
from index.errors import (
    CollectionExistsError,
    CollectionNotFoundError,
    FieldNotFoundError,
    ItemNotFoundError,
    SequenceTimeoutError,
    VectorError,
)
from index.hubness.bias import biases
from index.index_info import QueryKind, QuerySource
from index.prepared_item import encoded_vectors, prepare
from index.query_bank import CAPACITY
from index.store import check_codec
from index.stored_vectors import decode, unit
from index.types import (
    Attributes,
    AttributeType,
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
    WriteResult,
    WriteStatus,
)
from tests.fakes import naive_filters, naive_texts


@dataclass(frozen=True)
class Held:
    """An item with what belongs to it."""

    item: Item
    vectors: Mapping[FieldName, Vector]
    picture: bytes | None
    thumbnail: bytes | None


class FakeCollection:
    """Set `fail_writes` to an error to see it raised by the next writes."""

    def __init__(self, spec: CollectionSpec) -> None:
        self._spec = spec
        self._held: dict[str, Held] = {}
        self._schema: dict[str, AttributeType] = dict(spec.attributes)
        self._rows = 0
        self._sequence = 0
        self._closed = False
        self._queries: dict[tuple[FieldName, QueryKind, QuerySource], Vectors] = {}
        self._hubness: dict[FieldName, tuple[HubnessInfo, Vectors]] = {}
        self.fail_writes: Exception | None = None

    @property
    def spec(self) -> CollectionSpec:
        return replace(self._spec, attributes=dict(self._schema))

    @property
    def sequence(self) -> int:
        return self._sequence

    def upsert(self, items: Sequence[ItemWrite]) -> WriteReceipt:
        self._check_writable()
        held, schema, rows = dict(self._held), dict(self._schema), self._rows
        try:
            results = tuple(WriteResult(item.id, self._upsert(item)) for item in items)
        except Exception:
            self._held, self._schema, self._rows = held, schema, rows
            raise
        self._sequence += any(result.status != "unchanged" for result in results)
        return WriteReceipt(results, self._sequence)

    def check(self, item: ItemWrite) -> None:
        prepare(item, self._spec)
        admit(item.id, item.attributes, self._schema)

    def unchanged(self, hashes: Sequence[tuple[str, str]]) -> Sequence[bool]:
        held = [(self._held.get(id_), content_hash) for id_, content_hash in hashes]
        return [h is not None and bool(h.vectors) and h.item.content_hash == content for h, content in held]

    def patch(self, id_: str, attributes: Attributes) -> int:
        self._check_writable()
        if id_ not in self._held:
            raise ItemNotFoundError(f"no item '{id_}'", id_)
        held = self._held[id_]
        values = self._admit(id_, merged(held.item.attributes, attributes))
        if values != held.item.attributes:
            self._sequence += 1
            item = replace(held.item, attributes=values, sequence=self._sequence)
            self._held[id_] = replace(held, item=item)
        return self._sequence

    def delete(self, ids: Sequence[str]) -> tuple[int, int]:
        self._check_writable()
        deleted = [self._held.pop(id_) for id_ in dict.fromkeys(ids) if id_ in self._held]
        self._sequence += bool(deleted)
        return len(deleted), self._sequence

    def delete_matching(self, filter_: Filter) -> tuple[int, int]:
        return self.delete([held.item.id for held in self._matching(filter_)])

    def get(self, ids: Sequence[str]) -> Sequence[Item | None]:
        self._check_open()
        return [self._held[id_].item if id_ in self._held else None for id_ in ids]

    def rows(self, rows: Sequence[int]) -> Sequence[Item | None]:
        by_row = {held.item.row: held.item for held in self._held.values()}
        return [by_row.get(row) for row in rows]

    def vectors(self, field: FieldName, ids: Sequence[str]) -> Sequence[Vector | None]:
        self._check_field(field)
        return [self._held[id_].vectors.get(field) if id_ in self._held else None for id_ in ids]

    def row_vectors(self, field: FieldName, rows: Sequence[int]) -> Vectors:
        items = self.rows(rows)
        found = self.vectors(field, [item.id if item else "" for item in items])
        zero = np.zeros(self._spec.dimension, dtype=np.float32)
        return np.array([zero if v is None else v for v in found], dtype=np.float32).reshape(-1, len(zero))

    def picture(self, id_: str) -> bytes | None:
        return self._held[id_].picture if id_ in self._held else None

    def thumbnail(self, id_: str) -> bytes | None:
        return self._held[id_].thumbnail if id_ in self._held else None

    def search(
        self,
        field: FieldName,
        query: Vector,
        limit: int,
        filter_: Filter | None = None,
        params: SearchParameters = SearchParameters(),  # noqa: B008 (frozen)
        exclude: Iterable[str] = (),
        words: str | None = None,
    ) -> Sequence[Candidate]:
        self._check_field(field)
        direction, excluded = unit(query, self._spec.dimension, "the query"), set(exclude)
        texts = {held.item.row: held.item.text for held in self._held.values()}
        bm25 = naive_texts.bm25(texts, words or "")
        matching = [held for held in self._matching(filter_) if held.item.id not in excluded]
        told = [held.item.row for held in matching if held.item.row in bm25 and field in held.vectors]
        fitting = sorted((-bm25[row], row) for row in told)
        fitting_rows = {row for _, row in fitting[: max(limit, 0)]}
        found = [
            Candidate(
                held.item.row,
                held.item.id,
                float(np.vecdot(held.vectors[field], direction)),
                bm25.get(held.item.row, 0.0),
            )
            for held in matching
            if field in held.vectors
        ]
        ordered = sorted(found, key=lambda one: (-one.cosine, one.row))
        return [one for n, one in enumerate(ordered) if n < limit or one.row in fitting_rows]

    def check_recall(
        self,
        field: FieldName,
        query: Vector,
        limit: int,
        filter_: Filter | None = None,
        params: SearchParameters = SearchParameters(),  # noqa: B008 (frozen)
        exclude: Iterable[str] = (),
    ) -> RecallCheck | None:
        """None, as of everything exact."""
        self._check_field(field)
        return None

    def queries(self, field: FieldName, kind: QueryKind, source: QuerySource) -> Vectors:
        self._check_field(field)
        return self._queries.get((field, kind, source), np.empty((0, self._spec.dimension), np.float32))

    def keep_queries(self, field: FieldName, kind: QueryKind, source: QuerySource, vectors: Vectors) -> None:
        self._check_field(field)
        self._queries[field, kind, source] = vectors[:CAPACITY].copy()

    def tend(self, measure: bool = False) -> None:
        self._check_open()

    def sample(self, count: int) -> Sequence[Item]:
        self._check_open()
        items = [held.item for held in self._held.values()]
        return random.sample(items, min(count, len(items)))

    def biases(self, field: FieldName, rows: Sequence[int]) -> Numbers | None:
        self._check_field(field)
        if field not in self._hubness:
            return None
        info, bank = self._hubness[field]
        everything = np.array([h.vectors[field] for h in self._held.values() if field in h.vectors], dtype=np.float32)
        mean = biases(everything, bank, info.k, info.alpha).mean()
        return biases(self.row_vectors(field, rows), bank, info.k, info.alpha) - mean

    def correct_hubness(self, field: FieldName, bank: Vectors, k: int, alpha: float) -> HubnessInfo:
        self._check_field(field)
        if len(bank) < k:
            raise VectorError(f"{len(bank)} queries")
        self._hubness[field] = HubnessInfo(k, alpha, len(bank), "", self._sequence), bank
        return self._hubness[field][0]

    def forget_hubness(self, field: FieldName) -> bool:
        return self._hubness.pop(field, None) is not None

    def count(self, filter_: Filter | None = None) -> int:
        return len(self._matching(filter_))

    def facets(
        self, filter_: Filter | None = None, limit: int = 50, keys: Sequence[str] | None = None
    ) -> Sequence[Facet]:
        among = self._matching(filter_)
        chosen = sorted(self._schema) if keys is None else [key for key in keys if key in self._schema]
        return [_facet(key, self._schema[key], among, limit) for key in chosen]

    def ids(self, after: str | None = None, limit: int = 1000) -> Sequence[str]:
        return sorted(id_ for id_ in self._held if id_ > (after or ""))[: max(limit, 0)]

    def wait_for(self, sequence: int, timeout_s: float) -> None:
        self._check_open()
        if sequence > self._sequence:
            raise SequenceTimeoutError(f"sequence {sequence} is not visible; {self._sequence} is")

    def info(self) -> CollectionInfo:
        vectors = {f: sum(f in held.vectors for held in self._held.values()) for f in self._spec.fields}
        return CollectionInfo(self.spec, len(self._held), vectors, self._sequence, 0, 0, writable=True)

    def close(self) -> None:
        self._closed = True

    def declare(self, schema: Mapping[str, AttributeType]) -> None:
        self._schema = {**schema, **self._schema}

    def _upsert(self, write: ItemWrite) -> WriteStatus:
        prepare(write, self._spec)
        old = self._held.get(write.id)
        is_same = old is not None and old.item.content_hash == write.content_hash
        new = self._fresh(write, old if is_same else None, old.item.row if old else self._rows + 1)
        if old is not None and _content(old) == _content(new):
            return "unchanged"
        self._rows += old is None
        self._held[write.id] = new
        return "created" if old is None else "updated"

    def _fresh(self, write: ItemWrite, same: Held | None, row: int) -> Held:
        """The item as it will be; of the same content, what it does not bring is kept."""
        values = self._admit(write.id, write.attributes)
        picture = write.picture if self._spec.pictures != "none" else None
        ref = write.picture_ref if picture is None else f"sha256:{hashlib.sha256(picture).hexdigest()}"
        item = Item(row, write.id, write.text, values, write.content_hash, ref, self._sequence + 1)
        encoded = encoded_vectors(write, self._spec)
        vectors = {f: decode([blob], self._spec.dimension)[0] for f, blob in encoded.items()}
        if same is None:
            return Held(item, vectors, picture, write.thumbnail)
        item = replace(item, picture_ref=ref or same.item.picture_ref)
        picture, thumbnail = picture or same.picture, write.thumbnail or same.thumbnail
        return Held(item, {**same.vectors, **vectors}, picture, thumbnail)

    def _admit(self, id_: str, attributes: Attributes) -> Attributes:
        values, schema = admit(id_, attributes, self._schema)
        self._schema = dict(schema)
        return values

    def _matching(self, filter_: Filter | None) -> list[Held]:
        self._check_open()
        if filter_ is None:
            return list(self._held.values())
        naive_filters.check(filter_, self._schema)
        held = self._held.values()
        return [h for h in held if naive_filters.passes(filter_, h.item.id, h.item.attributes, h.item.text)]

    def _check_field(self, field: FieldName) -> None:
        self._check_open()
        if field not in self._spec.fields:
            raise FieldNotFoundError(f"no vector field '{field}'; there are {', '.join(self._spec.fields)}")

    def _check_open(self) -> None:
        if self._closed:
            raise CollectionNotFoundError(f"collection '{self._spec.name}' was closed or dropped")

    def _check_writable(self) -> None:
        self._check_open()
        if self.fail_writes is not None:
            raise self.fail_writes


class FakeCollectionStore:
    """All collections of one test."""

    def __init__(self) -> None:
        self._collections: dict[str, FakeCollection] = {}

    def create(self, spec: CollectionSpec) -> FakeCollection:
        check_name(spec.name)
        check_codec(spec)
        existing = self._collections.setdefault(spec.name, FakeCollection(spec))
        if not _agrees(existing.spec, spec):
            raise CollectionExistsError(f"collection '{spec.name}' exists with another specification")
        existing.declare(spec.attributes)
        return existing

    def open(self, name: str) -> FakeCollection:
        check_name(name)
        if name not in self._collections:
            raise CollectionNotFoundError(f"no collection '{name}'")
        return self._collections[name]

    def names(self) -> Sequence[str]:
        return sorted(self._collections)

    def drop(self, name: str) -> None:
        self.open(name).close()
        del self._collections[name]

    def close(self) -> None:
        for collection in self._collections.values():
            collection.close()


def _agrees(existing: CollectionSpec, spec: CollectionSpec) -> bool:
    types = existing.attributes
    return replace(existing, attributes={}) == replace(spec, attributes={}) and all(
        types.get(key, type_) == type_ for key, type_ in spec.attributes.items()
    )


def _content(held: Held) -> tuple[object, ...]:
    vectors = sorted((field, vector.tobytes()) for field, vector in held.vectors.items())
    return replace(held.item, sequence=0), vectors, held.thumbnail


def _facet(key: str, type_: AttributeType, among: Sequence[Held], limit: int) -> Facet:
    values = [held.item.attributes[key] for held in among if key in held.item.attributes]
    if type_ == "number":
        numbers = [float(value) for value in values if isinstance(value, int | float)]
        return Facet(key, type_, minimum=min(numbers, default=None), maximum=max(numbers, default=None))
    if type_ == "geo":
        return Facet(key, type_)
    words = [one for value in values for one in (dict.fromkeys(value) if isinstance(value, tuple) else (value,))]
    counts = sorted(Counter(words).items(), key=lambda pair: (-pair[1], str(pair[0])))
    return Facet(key, type_, counts=tuple((word, n) for word, n in counts[:limit] if word is not None))
