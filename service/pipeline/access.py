"""How the sentences reach a collection: open it in a thread, with the model of its space."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from index.errors import SequenceTimeoutError
from index.ports import Collection, CollectionStore
from index.types import FieldName
from models.manifest import Manifest
from models.space import BareSpace, VectorSpace
from service.errors import SpaceWithoutModelError
from service.pacing import Threads
from service.pipeline.models import Models
from service.realtime import NO_REALTIME, RealtimePriority
from service.types import Deadline

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class OpenCollection:
    """A collection and the model of its space; None where its vectors come from elsewhere (ADR 13)."""

    collection: Collection
    model: Manifest | None

    @property
    def name(self) -> str:
        return self.collection.spec.name

    @property
    def manifest(self) -> Manifest:
        """Of the model that encodes for this collection. Raises SpaceWithoutModelError."""
        if self.model is None:
            space = self.collection.spec.space_id
            raise SpaceWithoutModelError(
                f"collection {self.name!r} holds vectors of the space {space!r}, which no loaded model makes, so texts "
                "and pictures cannot be encoded for it: send vectors or items of the collection, or load a bundle of "
                "that space"
            )
        return self.model

    @property
    def space(self) -> VectorSpace:
        """What is known of the vectors; needs no model."""
        spec = self.collection.spec
        return BareSpace(spec.space_id, spec.dimension) if self.model is None else self.model

    def default_field(self, wanted: FieldName) -> FieldName:
        """The field that a kind of query searches, or the one that the collection has."""
        fields = self.collection.spec.fields
        return wanted if wanted in fields else fields[0]


class Access:
    """The store, always behind threads and deadlines."""

    def __init__(
        self,
        store: CollectionStore,
        models: Models,
        threads: Threads,
        writing: Threads,
        waiting: Threads,
        realtime: RealtimePriority = NO_REALTIME,
    ) -> None:
        """`writing`, `waiting`: threads of their own for writes, and for those who wait for one to be visible.

        A search waits for neither. `realtime`: what searches run with.
        """
        self._store = store
        self._models = models
        self._threads = threads
        self._writing = writing
        self._waiting = waiting
        self._realtime = realtime

    async def open(self, name: str, deadline: Deadline) -> OpenCollection:
        """Raises: CollectionNotFoundError, ModelNotLoadedError."""
        collection = await self._threads.run(deadline, self._store.open, name)
        return OpenCollection(collection, self._models.for_collection(collection.spec))

    async def collection(self, name: str, deadline: Deadline) -> Collection:
        """The collection alone: what needs no model works without one."""
        return await self._threads.run(deadline, self._store.open, name)

    async def names(self, deadline: Deadline) -> Sequence[str]:
        return await self._threads.run(deadline, self._store.names)

    async def see(self, collection: Collection, sequence: int, deadline: Deadline) -> None:
        """Wait until a write is visible to searches. Raises SequenceTimeoutError, OverloadedError."""
        if not await self.run(deadline, is_visible, collection, sequence):
            # It gives up a little before the deadline does, so that the answer names the sequence.
            await self._waiting.run(deadline, collection.wait_for, sequence, 0.9 * deadline.remaining())

    async def run(self, deadline: Deadline, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """A call of the store that reads, in a thread."""
        return await self._threads.run(deadline, function, *args, **kwargs)

    async def search(self, deadline: Deadline, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """A read of some milliseconds that a user waits for: before everything else, where that is granted."""
        return await self._threads.run(deadline, self._realtime.given_to(function), *args, **kwargs)

    async def write(self, deadline: Deadline, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """A call of the store that writes, or belongs to a batch, in one of the few threads for that."""
        return await self._writing.run(deadline, function, *args, **kwargs)


def is_visible(collection: Collection, sequence: int) -> bool:
    """Whether searches see this write already."""
    try:
        collection.wait_for(sequence, 0.0)
    except SequenceTimeoutError:
        return False
    return True
