"""What a process knows of the items of a collection, but for their vectors: ids, attributes, which are live.

A function of the catalogue at one sequence number, over the sealed items of a snapshot where there are any. Not safe
for concurrent use: the collection's lock guards it.
"""

from pyroaring import BitMap

from index.attribute_index import AttributeIndex
from index.changes import Changes
from index.id_map import IdMap
from index.sealed.sealed_items import SealedItems


class ItemState:
    """Changed by `apply` alone."""

    def __init__(self, sealed: SealedItems | None = None) -> None:
        self.attributes = AttributeIndex()
        self.ids = IdMap()
        self.live = BitMap()
        self.mapped_bytes = sealed.mapped_bytes if sealed else 0
        if sealed is not None:
            self.attributes.declare_sealed(sealed.description.schema, sealed.columns)
            self.ids = IdMap(sealed.ids)
            self.live = sealed.live

    @property
    def nbytes(self) -> int:
        """In anonymous memory, roughly."""
        return self.attributes.nbytes + self.ids.nbytes

    def apply(self, changes: Changes) -> None:
        touched = BitMap(item.row for item in changes.items)
        self.attributes.declare(changes.schema)
        self.attributes.clear((touched | changes.deleted) & self.live)
        self.attributes.put((item.row, item.values) for item in changes.items)
        self.ids.remove(changes.deleted)
        self.ids.add([(item.row, item.id) for item in changes.items])
        self.live = (self.live - changes.deleted) | touched  # a new one: selections hold the old
