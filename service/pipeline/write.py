"""A batch into the store: one transaction for all items that the store accepts. Blocks."""

from collections.abc import Sequence
from dataclasses import dataclass

from index.errors import StoreError
from index.ports import Collection
from service.errors import entry_for
from service.pipeline.intake import failed
from service.pipeline.item_encoder import EncodedItem
from service.types import ItemOutcome


@dataclass(frozen=True)
class Written:
    """An outcome for each item in the order of the batch."""

    outcomes: Sequence[ItemOutcome]
    sequence: int


def write_batch(collection: Collection, batch: Sequence[EncodedItem | ItemOutcome]) -> Written:
    """Write what can be written; an item that the store refuses fails alone and the others are tried again.

    That happens where two new items disagree on the type of an attribute: each is right on its own.
    """
    refused: dict[str, ItemOutcome] = {}
    while True:
        left = [one for one in batch if isinstance(one, EncodedItem) and one.write.id not in refused]
        if not left:
            return Written([_outcome(one, refused, {}) for one in batch], collection.sequence)
        try:
            receipt = collection.upsert([one.write for one in left])
        except StoreError as exc:
            if exc.item_id is None or exc.item_id in refused or entry_for(exc).status >= 500:
                raise
            refused[exc.item_id] = failed(exc.item_id, exc)
            continue
        done = {
            result.id: ItemOutcome(result.id, result.status, warnings=one.warnings)
            for result, one in zip(receipt.results, left, strict=True)
        }
        return Written([_outcome(one, refused, done) for one in batch], receipt.sequence)


def _outcome(
    one: EncodedItem | ItemOutcome, refused: dict[str, ItemOutcome], done: dict[str, ItemOutcome]
) -> ItemOutcome:
    if isinstance(one, ItemOutcome):
        return one
    return refused.get(one.write.id) or done[one.write.id]
