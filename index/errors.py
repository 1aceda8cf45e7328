"""Everything that can go wrong in this package, as one tree. Callers translate at their own border."""


class StoreError(Exception):
    """Root of the errors of `index`; `item_id` names the item of a batch that is at fault, where one is."""

    def __init__(self, message: str = "", item_id: str | None = None) -> None:
        super().__init__(message)
        self.item_id = item_id


class CollectionNotFoundError(StoreError):
    """No collection of that name, or it was dropped or closed while it was in use."""

    @classmethod
    def of(cls, name: str) -> "CollectionNotFoundError":
        return cls(f"there is no collection '{name}': create it first, or look for its name in the list of them")


class CollectionExistsError(StoreError):
    """A collection of that name exists with another specification."""


class CollectionNameError(StoreError):
    """The name is not a name: 1 to 64 of a-z, 0-9, '-' and '_', starting with a letter or digit."""


class CodecUnfitError(StoreError):
    """A collection asks for a codec that does not take vectors of its dimension."""


class CollectionLockedError(StoreError):
    """Another process writes to this collection; `owner` says how to reach it, where it said so."""

    def __init__(self, message: str, owner: str | None = None) -> None:
        super().__init__(message)
        self.owner = owner


class ReadOnlyError(StoreError):
    """A write was asked of a collection that this process opened for reading."""


class CorruptError(StoreError):
    """A file of the collection is damaged, or of a format this version does not know."""


class SpaceMismatchError(StoreError):
    """A vector of another space, or of another dimension, than the collection's."""


class VectorError(StoreError):
    """A vector that holds NaN or infinity, or has no length."""


class AttributeValueError(StoreError):
    """A value that cannot be stored: not of the type its schema declares, of no supported type, or too long."""


class FilterError(StoreError):
    """A filter names an attribute that the collection does not have, or compares unlike types."""


class ItemNotFoundError(StoreError):
    """No item of that id."""


class FieldNotFoundError(StoreError):
    """No vector field of that name."""


class SequenceTimeoutError(StoreError):
    """The sequence number asked for did not become visible before the deadline."""


class StorageFullError(StoreError):
    """The disk is full: the write was not accepted and changed nothing."""


class WritesBehindError(StoreError):
    """So many writes wait for their turn that the disk does not keep up: this one changed nothing."""


class SealingBehindError(StoreError):
    """So many vectors wait to be sealed that more would not fit into memory: the write changed nothing."""
