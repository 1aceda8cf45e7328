"""How the sentences reach a collection: open it in a thread, with the model of its space."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from index.errors import SequenceTimeoutError
from index.ports import Collection, CollectionStore
from models.manifest import Manifest
from service.pacing import Threads
from service.pipeline.models import Models
from service.types import Deadline

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class OpenCollection:
    """A collection and the model that made its vectors."""

    collection: Collection
    manifest: Manifest

    @property
    def name(self) -> str:
        return self.collection.spec.name


class Access:
    """The store, always behind threads and deadlines."""

    def __init__(
        self, store: CollectionStore, models: Models, threads: Threads, writing: Threads, waiting: Threads
    ) -> None:
        """`writing`, `waiting`: threads of their own for writes, and for those who wait for one to be visible.

        A search waits for neither.
        """
        self._store = store
        self._models = models
        self._threads = threads
        self._writing = writing
        self._waiting = waiting

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
