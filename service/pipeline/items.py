"""Items in and out of a collection: validate, skip what is unchanged, embed, write in one transaction."""

from collections.abc import Sequence

from index.types import Attributes, Filter, Item
from service.types import Deadline, ItemInput, ItemOutcome, UpsertOutcome


class Items:
    """The items of all collections; every method raises what `service.errors` lists."""

    async def upsert(
        self, collection: str, inputs: Sequence[ItemInput | ItemOutcome], deadline: Deadline
    ) -> UpsertOutcome:
        """One outcome an input, in order. Of an id that occurs twice the first occurrence is written."""
        raise NotImplementedError

    async def get(self, collection: str, id_: str) -> Item:
        raise NotImplementedError

    async def patch(self, collection: str, id_: str, attributes: Attributes) -> int:
        """Merge attributes, None removes one; the sequence number."""
        raise NotImplementedError

    async def delete(self, collection: str, ids: Sequence[str]) -> tuple[int, int]:
        """(number deleted, sequence)."""
        raise NotImplementedError

    async def delete_matching(self, collection: str, filter_: Filter) -> tuple[int, int]:
        """(number deleted, sequence)."""
        raise NotImplementedError

    async def thumbnail(self, collection: str, id_: str) -> bytes:
        """WebP."""
        raise NotImplementedError

    async def picture(self, collection: str, id_: str) -> bytes:
        """As it is kept."""
        raise NotImplementedError
