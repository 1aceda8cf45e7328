"""Which items of a batch are worth encoding. Owns the checks of single items and the content hash."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.errors import StoreError
from index.ports import Collection
from index.types import CollectionSpec, FieldName, ItemWrite
from service.decode import content_digest
from service.errors import (
    DuplicateIdError,
    ItemInvalidError,
    SpaceWithoutModelError,
    TextTooLongError,
    problem_for,
)
from service.pipeline.access import OpenCollection
from service.types import ItemInput, ItemOutcome, Limits


@dataclass(frozen=True)
class Draft:
    """An item that may be written. `is_known`: exactly this content is stored, with its vectors."""

    item: ItemInput
    content_hash: str
    is_known: bool = False

    @property
    def write(self) -> ItemWrite:
        """Without what encoding gives; enough where the content is known."""
        return ItemWrite(
            id=self.item.id,
            content_hash=self.content_hash,
            text=text_of(self.item),
            attributes=self.item.attributes,
            picture_ref=self.item.image_ref,
            vectors=self.item.vectors,
        )


def admit(
    opened: OpenCollection, inputs: Sequence[ItemInput | ItemOutcome], limits: Limits
) -> list[Draft | ItemOutcome]:
    """A draft or a failure for each input, in order. Blocks.

    Once an id was admitted, its next occurrences fail with `duplicate_id`: nobody has to guess what was written.
    """
    seen: set[str] = set()
    admitted: list[Draft | ItemOutcome] = []
    for one in inputs:
        admitted.append(one if isinstance(one, ItemOutcome) else _admit_one(opened, one, limits, seen))
        if isinstance(admitted[-1], Draft):
            seen.add(one.id)
    return _mark_known(opened.collection, admitted)


def failed(id_: str, error: BaseException) -> ItemOutcome:
    return ItemOutcome(id_, "failed", problem_for(error))


def text_of(item: ItemInput) -> str | None:
    """A blank text is none."""
    return item.text if item.text and item.text.strip() else None


def main_field(collection: Collection) -> FieldName:
    """The field in which every item has a vector."""
    fields = collection.spec.fields
    return "product" if "product" in fields else fields[0]


def _admit_one(opened: OpenCollection, item: ItemInput, limits: Limits, seen: set[str]) -> Draft | ItemOutcome:
    try:
        check_item(item, limits, seen)
        draft = Draft(item, content_hash(opened, item))
        opened.collection.check(draft.write)
    except (ItemInvalidError, TextTooLongError, DuplicateIdError, SpaceWithoutModelError, StoreError) as exc:
        return failed(item.id, exc)
    return draft


def check_item(item: ItemInput, limits: Limits, seen: set[str]) -> None:
    """Raises ItemInvalidError, DuplicateIdError, TextTooLongError."""
    if not item.id or len(item.id) > limits.max_id_chars:
        raise ItemInvalidError(f"an id has 1 to {limits.max_id_chars} characters")
    if item.id in seen:
        raise DuplicateIdError(f"the id {item.id!r} occurs more than once in this batch: only the first was taken")
    if item.image is None and text_of(item) is None and not item.vectors:
        raise ItemInvalidError("the item is empty: it needs a picture, a text, or vectors")
    if item.text is not None and len(item.text) > limits.max_text_chars:
        raise TextTooLongError(
            f"the text has {len(item.text):,} characters; at most {limits.max_text_chars:,} are accepted: shorten it"
        )


def content_hash(opened: OpenCollection, item: ItemInput) -> str:
    """Covers whatever the stored vectors, picture and text depend on. Raises SpaceWithoutModelError."""
    if stands_alone(opened.collection.spec, item):
        return vectors_hash(opened.collection.spec.space_id, item)
    manifest, vectors = opened.manifest, _vector_parts(item)
    made_by = (manifest.space_id, manifest.image.fingerprint, manifest.text.fingerprint, manifest.precision)
    how = f"{manifest.image.preprocessing} {manifest.product_image_weight} {opened.collection.spec.pictures}"
    return content_digest("1", item.image, text_of(item), item.image_ref, *made_by, how, *vectors)


def stands_alone(spec: CollectionSpec, item: ItemInput) -> bool:
    """Vectors that come from elsewhere are stored as they are; nothing is encoded, nothing derived (ADR 13)."""
    return spec.model is None and bool(item.vectors) and item.image is None


def vectors_hash(space_id: str, item: ItemInput) -> str:
    """The content hash of an item that stands alone: the same whichever models are loaded."""
    return content_digest("vectors-1", space_id, text_of(item), item.image_ref, *_vector_parts(item))


def _vector_parts(item: ItemInput) -> list[str | bytes]:
    return [part for name in sorted(item.vectors) for part in (name, np.asarray(item.vectors[name]).tobytes())]


def _mark_known(collection: Collection, admitted: list[Draft | ItemOutcome]) -> list[Draft | ItemOutcome]:
    """Known means: same hash and a vector, so that an item which lost its vectors is healed by sending it again."""
    drafts = [one for one in admitted if isinstance(one, Draft)]
    same = collection.unchanged([(draft.item.id, draft.content_hash) for draft in drafts])
    stored = collection.vectors(main_field(collection), [draft.item.id for draft in drafts])
    known = {
        draft.item.id
        for draft, is_same, vector in zip(drafts, same, stored, strict=True)
        if is_same and vector is not None
    }
    return [
        Draft(one.item, one.content_hash, is_known=True) if isinstance(one, Draft) and one.item.id in known else one
        for one in admitted
    ]
