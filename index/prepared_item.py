"""An upsert made ready in the caller's thread: checked and encoded. Owns that preparation.

What needs the collection's state (does the item exist, does an attribute's type agree) is the writer's to decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from index.attribute_values import check_id, check_text
from index.errors import AttributeValueError, FieldNotFoundError
from index.pictures import PREFIX
from index.stored_vectors import encode, unit
from index.types import Attributes, CollectionSpec, FieldName, ItemWrite


@dataclass(frozen=True)
class PreparedItem:
    """What goes into the catalogue for one item."""

    id: str
    content_hash: str
    text: str | None
    attributes: Attributes
    picture_ref: str | None
    thumbnail: str | None
    vectors: Mapping[FieldName, bytes]

    def with_files(self, picture_ref: str | None, thumbnail: str | None) -> "PreparedItem":
        """The same with its files' names, once they are on disk."""
        if picture_ref is None and thumbnail is None:
            return self
        return replace(self, picture_ref=picture_ref or self.picture_ref, thumbnail=thumbnail)


def prepare(write: ItemWrite, spec: CollectionSpec) -> PreparedItem:
    """Raises AttributeValueError, FieldNotFoundError, SpaceMismatchError, VectorError."""
    check_id(write.id)
    check_text(write.id, "its text", write.text)
    check_text(write.id, "its content hash", write.content_hash)
    check_text(write.id, "its picture reference", write.picture_ref)
    if (write.picture_ref or "").startswith(PREFIX):
        # Such a name would show, and keep alive, a picture that is another item's.
        raise AttributeValueError(f"item '{write.id}': its picture reference cannot begin with '{PREFIX}'", write.id)
    return PreparedItem(
        id=write.id,
        content_hash=write.content_hash,
        text=write.text,
        attributes=dict(write.attributes),
        picture_ref=write.picture_ref,
        thumbnail=None,
        vectors=encoded_vectors(write, spec),
    )


def encoded_vectors(write: ItemWrite, spec: CollectionSpec) -> Mapping[FieldName, bytes]:
    encoded: dict[FieldName, bytes] = {}
    for field, vector in write.vectors.items():
        if field not in spec.fields:
            raise FieldNotFoundError(f"no vector field '{field}'; there are {', '.join(spec.fields)}", write.id)
        what = f"item '{write.id}': vector '{field}'"
        encoded[field] = encode(unit(vector, spec.dimension, what, write.id))
    return encoded
