"""The loaded models: which there are, which one a collection needs, how busy they are, whether they answer."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from index.errors import SpaceMismatchError, StoreError
from index.ports import CollectionStore
from index.types import CollectionSpec
from models.manifest import Manifest
from service.errors import ModelNotFoundError, ModelNotLoadedError, ServiceError
from service.pacing import Threads
from service.pipeline.probe import probe
from service.queue import EncodeQueue
from service.types import Check, Deadline, ModelInfo, Readiness


class Models:
    """The bundles that this process serves."""

    def __init__(
        self,
        manifests: Mapping[str, Manifest],
        default: str,
        queue: EncodeQueue,
        store: CollectionStore,
        threads: Threads,
    ) -> None:
        self._manifests = dict(manifests)
        self._default = default
        self._queue = queue
        self._store = store
        self._threads = threads

    def get(self, name: str | None) -> Manifest:
        """The model of that name, the default one for None."""
        try:
            return self._manifests[self._default if name is None else name]
        except KeyError as exc:
            loaded = ", ".join(sorted(self._manifests))
            raise ModelNotFoundError(f"there is no model {name!r}; loaded are: {loaded}") from exc

    def for_collection(self, spec: CollectionSpec) -> Manifest | None:
        """A loaded model of the collection's space and precision, by preference the one it was made with.

        Where the vectors came from elsewhere, any model of their space and dimension will do, or none (ADR 13).
        Raises ModelNotLoadedError.
        """
        if spec.model is None:
            return self.of_space(spec.space_id, spec.dimension)
        fitting = [
            manifest
            for manifest in self._manifests.values()
            if (manifest.space_id, manifest.dimension, manifest.precision)
            == (spec.space_id, spec.dimension, spec.precision)
        ]
        if not fitting:
            raise ModelNotLoadedError(
                f"collection {spec.name!r} was made with the model {spec.model!r} (space {spec.space_id}, "
                f"{spec.precision}), which is not loaded: put its bundle into the folder of bundles and start again"
            )
        return next((manifest for manifest in fitting if manifest.name == spec.model), fitting[0])

    def of_space(self, space_id: str, dimension: int) -> Manifest | None:
        """A loaded model of that space, by preference the default one. Raises SpaceMismatchError."""
        names = sorted(self._manifests, key=lambda name: (name != self._default, name))
        return model_of_space((self._manifests[name] for name in names), space_id, dimension)

    def describe(self) -> Sequence[ModelInfo]:
        """Every loaded model, the default one first."""
        names = sorted(self._manifests, key=lambda name: (name != self._default, name))
        figures = self._queue.figures()
        return [ModelInfo(self._manifests[name], name == self._default, figures) for name in names]

    async def ready(self, deadline: Deadline) -> Readiness:
        """Each model encodes a probe with each of its towers and each collection opens.

        All at once: a busy encoder may take all the time there is, and must leave some to the others.
        """
        models = (probe(self._queue, manifest, deadline) for manifest in self._manifests.values())
        return Readiness(await asyncio.gather(*models, self._collections(deadline)))

    async def _collections(self, deadline: Deadline) -> Check:
        try:
            count = await self._threads.run(deadline, self._open_all)
        except (StoreError, ServiceError) as exc:
            return Check("collections", False, str(exc))
        return Check("collections", True, f"{count} open")

    def _open_all(self) -> int:
        return len([self._store.open(name) for name in self._store.names()])


def model_of_space(manifests: Iterable[Manifest], space_id: str, dimension: int) -> Manifest | None:
    """The first of that space. Raises SpaceMismatchError where it has another dimension."""
    found = next((manifest for manifest in manifests if manifest.space_id == space_id), None)
    if found is not None and found.dimension != dimension:
        raise SpaceMismatchError(
            f"the model {found.name!r} makes the space {space_id!r} with {found.dimension} dimensions, not "
            f"{dimension}: give these vectors a space of their own"
        )
    return found
