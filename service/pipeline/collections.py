"""Collections as their users see them: create, describe, facets, drop."""

from collections.abc import Sequence

from index.types import CollectionInfo, Facet, Filter
from service.types import CollectionOptions


class Collections:
    """All collections; every method raises what `service.errors` lists."""

    async def create(self, name: str, options: CollectionOptions) -> CollectionInfo:
        """Create, or return the one that is there if it has the same specification."""
        raise NotImplementedError

    async def describe(self, name: str) -> CollectionInfo:
        raise NotImplementedError

    async def facets(self, name: str, filter_: Filter | None = None) -> Sequence[Facet]:
        raise NotImplementedError

    async def names(self) -> Sequence[str]:
        raise NotImplementedError

    async def drop(self, name: str) -> None:
        raise NotImplementedError
