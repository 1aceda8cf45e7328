"""Vectors and items: the collection store. Knows no model, no HTTP and no settings.

`LocalStore` keeps collections on the local disk; the ports in `index.ports` say what every store does.
"""

from index.collection import LocalCollection
from index.ports import Collection, CollectionStore
from index.store import LocalStore

__all__ = ["Collection", "CollectionStore", "LocalCollection", "LocalStore"]
