"""Items in and out of a collection: validate, skip what is unchanged, embed, write in one transaction."""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from index.errors import ItemNotFoundError
from index.ports import Collection
from index.types import Attributes, Filter, Item
from models.errors import ModelError
from service.decode.decoder import Decoder
from service.errors import (
    EncoderFailedError,
    ItemInvalidError,
    LimitExceededError,
    PictureNotKeptError,
    SpaceWithoutModelError,
)
from service.metrics import Metrics
from service.pacing import in_window
from service.pipeline.access import Access, OpenCollection
from service.pipeline.intake import Draft, admit, failed, main_field
from service.pipeline.item_encoder import EncodedItem, ItemEncoder
from service.pipeline.write import Written, write_batch
from service.types import Deadline, ItemInput, ItemOutcome, Limits, UpsertOutcome

FAILS_ALONE = (ModelError, EncoderFailedError, ItemInvalidError, SpaceWithoutModelError)
"""Errors of one item; anything else (no room in the queue, no time) concerns the whole batch."""


class Items:
    """The items of all collections; every method raises what `service.errors` lists."""

    def __init__(
        self,
        access: Access,
        encoder: ItemEncoder,
        decoder: Decoder,
        metrics: Metrics,
        limits: Limits,
        window: int,
        deadline_s: float,
    ) -> None:
        """`window`: items of one batch that are decoded or encoded at a time. `deadline_s`: of what is read."""
        self._access = access
        self._encoder = encoder
        self._decoder = decoder
        self._metrics = metrics
        self._limits = limits
        self._window = window
        self._deadline_s = deadline_s
        self._log = structlog.get_logger()

    async def upsert(
        self, collection: str, inputs: Sequence[ItemInput | ItemOutcome], deadline: Deadline
    ) -> UpsertOutcome:
        """One outcome an input, in order. Of an id that occurs twice the first occurrence is written.

        A bad item fails alone. OverloadedError, DeadlineExceededError and StorageFullError concern the batch:
        nothing of it was written, but for a deadline that passed during the transaction itself.
        """
        if not 1 <= len(inputs) <= self._limits.max_batch_items:
            raise LimitExceededError(f"a batch has 1 to {self._limits.max_batch_items} items; it has {len(inputs)}")
        opened = await self._access.open(collection, deadline)
        with self._metrics.start_clock() as clock:
            with clock.stage("check"):
                drafts = await self._access.write(deadline, admit, opened, inputs, self._limits)
            with clock.stage("encode"):
                encoded = await in_window(lambda draft: self._encoded(opened, draft, deadline), drafts, self._window)
            with clock.stage("write"):
                written = await self._access.write(deadline, write_batch, opened.collection, encoded)
                written = await self._heal(opened, drafts, written, deadline)
        for outcome in written.outcomes:
            self._metrics.items_written.labels(outcome.status).inc()
        return UpsertOutcome(written.outcomes, written.sequence)

    async def get(self, collection: str, id_: str) -> Item:
        """Raises ItemNotFoundError."""
        opened = await self._open(collection)
        (item,) = await self._access.run(self._deadline(), opened.get, [id_])
        if item is None:
            raise ItemNotFoundError(f"collection {collection!r} has no item {id_!r}: check the id", id_)
        return item

    async def patch(self, collection: str, id_: str, attributes: Attributes, deadline: Deadline) -> int:
        """Merge attributes, None removes one; the sequence number."""
        opened = await self._access.collection(collection, deadline)
        return await self._access.write(deadline, opened.patch, id_, attributes)

    async def delete(self, collection: str, ids: Sequence[str], deadline: Deadline) -> tuple[int, int]:
        """(number deleted, sequence)."""
        opened = await self._access.collection(collection, deadline)
        return await self._access.write(deadline, opened.delete, ids)

    async def delete_matching(self, collection: str, filter_: Filter, deadline: Deadline) -> tuple[int, int]:
        """(number deleted, sequence)."""
        opened = await self._access.collection(collection, deadline)
        return await self._access.write(deadline, opened.delete_matching, filter_)

    async def thumbnail(self, collection: str, id_: str) -> bytes:
        """WebP, longest side 320; made anew where only the picture is kept. Raises PictureNotKeptError."""
        opened = await self._open(collection)
        kept = await self._access.run(self._deadline(), opened.thumbnail, id_)
        if kept is not None:
            return kept
        return await self._decoder.thumbnail(await self.picture(collection, id_), self._deadline())

    async def picture(self, collection: str, id_: str) -> bytes:
        """As it is kept. Raises PictureNotKeptError."""
        opened = await self._open(collection)
        data = await self._access.run(self._deadline(), opened.picture, id_)
        if data is None:
            await self.get(collection, id_)
            raise PictureNotKeptError(f"no picture of item {id_!r} is kept")
        return data

    async def _encoded(
        self, opened: OpenCollection, draft: Draft | ItemOutcome, deadline: Deadline
    ) -> EncodedItem | ItemOutcome:
        if isinstance(draft, ItemOutcome):
            return draft
        try:
            return await self._encoder.encoded(opened, draft, deadline)
        except FAILS_ALONE as exc:
            if isinstance(exc, EncoderFailedError):
                self._log.error("item_not_encoded", collection=opened.name, item=draft.item.id, exc_info=exc)
            return failed(draft.item.id, exc)

    async def _heal(
        self, opened: OpenCollection, drafts: Sequence[Draft | ItemOutcome], written: Written, deadline: Deadline
    ) -> Written:
        """An item that was deleted or replaced between the check and the write came in without vectors."""
        known = [draft for draft in drafts if isinstance(draft, Draft) and draft.is_known]
        lost = await self._access.write(deadline, without_vectors, opened.collection, known)
        if not lost:
            return written
        again = await in_window(
            lambda draft: self._encoded(opened, replace(draft, is_known=False), deadline), lost, self._window
        )
        healed = await self._access.write(deadline, write_batch, opened.collection, again)
        by_id = {outcome.id: outcome for outcome in healed.outcomes}
        outcomes = [one if one.status == "failed" else by_id.get(one.id, one) for one in written.outcomes]
        return Written(outcomes, healed.sequence)

    async def _open(self, collection: str) -> Collection:
        return await self._access.collection(collection, self._deadline())

    def _deadline(self) -> Deadline:
        return Deadline.after(self._deadline_s)


def without_vectors(collection: Collection, drafts: Sequence[Draft]) -> list[Draft]:
    """Those of the drafts that have no stored vector. Blocks."""
    stored = collection.vectors(main_field(collection), [draft.item.id for draft in drafts])
    return [draft for draft, vector in zip(drafts, stored, strict=True) if vector is None]
