"""Writes vectors that came from elsewhere straight into the catalogue: no model is loaded, nothing is encoded."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from index.errors import CollectionNotFoundError, SealingBehindError, StoreError, WritesBehindError
from index.ports import Collection, CollectionStore
from index.types import ItemWrite, WriteReceipt
from models.manifest import Manifest
from service.errors import INTERNAL, ServiceError, entry_for
from service.jobs.index_job.local_sink import to_input
from service.jobs.index_job.record import SourceRecord
from service.jobs.index_job.sink import SinkError
from service.jobs.index_job.space_check import check_space, named, space_there
from service.pipeline.collections import bare_specification
from service.pipeline.intake import Draft, check_item, failed, vectors_hash
from service.pipeline.item_encoder import EncodedItem
from service.pipeline.models import model_of_space
from service.pipeline.write import write_batch
from service.types import CollectionOptions, ItemOutcome, Limits

_TRIES = 10
"""While sealing is behind; each try waits for it."""


class StoreSink:
    """For collections without a model (ADR 13). Owns the store from here on.

    `manifests`: of the models that there are, so that none of their spaces is made with another dimension.
    """

    def __init__(
        self, store: CollectionStore, collection: str, limits: Limits, manifests: Sequence[Manifest] = ()
    ) -> None:
        self._store = store
        self._name = collection
        self._limits = limits
        self._manifests = manifests

    async def prepare(self, options: CollectionOptions) -> None:
        await asyncio.to_thread(self._prepare, options)

    async def write(self, records: Sequence[SourceRecord]) -> Sequence[ItemOutcome]:
        return await asyncio.to_thread(self._write, records)

    async def close(self) -> None:
        await asyncio.to_thread(self._store.close)

    def _prepare(self, options: CollectionOptions) -> None:
        wanted = named(options, self._name).space
        if options.space is None or wanted is None:
            raise SinkError("the vectors need a space")
        try:
            spec = self._store.open(self._name).spec
        except CollectionNotFoundError:
            model_of_space(self._manifests, wanted.id, wanted.dimension)
            self._store.create(bare_specification(self._name, options, wanted))
            return
        check_space(space_there(spec), options.space)

    def _write(self, records: Sequence[SourceRecord]) -> Sequence[ItemOutcome]:
        collection = self._store.open(self._name)
        space_id = collection.spec.space_id
        drafts = [self._draft(space_id, record) for record in records]
        hashes = [(draft.id, draft.content_hash) for draft in drafts if isinstance(draft, ItemWrite)]
        same = zip(hashes, collection.unchanged(hashes), strict=True)
        known = {id_ for (id_, _), is_known in same if is_known}
        batch = [_encoded(draft, known) for draft in drafts]
        try:
            return _at_once(collection, batch)
        except StoreError as exc:
            if exc.item_id is None or entry_for(exc).status >= INTERNAL.status:
                raise
        # Some are bad: look at each, rather than find them out by a transaction each.
        return write_batch(collection, [_checked(collection, one) for one in batch]).outcomes

    def _draft(self, space_id: str, record: SourceRecord) -> ItemWrite | ItemOutcome:
        item = to_input(record)
        try:
            check_item(item, self._limits, set())
        except ServiceError as exc:
            return failed(item.id, exc)
        return Draft(item, vectors_hash(space_id, item)).write


def _encoded(draft: ItemWrite | ItemOutcome, known: set[str]) -> EncodedItem | ItemOutcome:
    """What is stored already is not written again."""
    if isinstance(draft, ItemOutcome):
        return draft
    return EncodedItem(replace(draft, vectors={}) if draft.id in known else draft)


def _at_once(collection: Collection, batch: Sequence[EncodedItem | ItemOutcome]) -> Sequence[ItemOutcome]:
    """All that is to be written, in one transaction. Raises what `upsert` raises."""
    receipt = _patiently(collection, [one.write for one in batch if isinstance(one, EncodedItem)])
    written = iter(receipt.results)
    return [one if isinstance(one, ItemOutcome) else ItemOutcome(one.write.id, next(written).status) for one in batch]


def _patiently(collection: Collection, items: Sequence[ItemWrite]) -> WriteReceipt:
    """An import has nobody who waits for it: it comes again `_TRIES` times. Raises what `upsert` raises."""
    for _ in range(_TRIES - 1):
        with suppress(SealingBehindError, WritesBehindError):
            return collection.upsert(items)
    return collection.upsert(items)


def _checked(collection: Collection, one: EncodedItem | ItemOutcome) -> EncodedItem | ItemOutcome:
    if isinstance(one, ItemOutcome):
        return one
    try:
        collection.check(one.write)
    except StoreError as exc:
        return failed(one.write.id, exc)
    return one
