"""Collections as their users see them: create, describe, facets, drop."""

from collections.abc import Sequence

from index.ports import CollectionStore
from index.types import CollectionInfo, CollectionSpec, Facet, Filter
from models.manifest import Manifest
from service.errors import AttributeUnknownError
from service.pacing import Threads
from service.pipeline.models import Models
from service.pipeline.recall.live_recall import LiveRecall
from service.types import CollectionOptions, Deadline, FacetCounts, LiveRecallFigure, OwnSpace

ANY_PRECISION = "any"


class Collections:
    """All collections; every method raises what `service.errors` lists."""

    def __init__(
        self,
        store: CollectionStore,
        models: Models,
        threads: Threads,
        writing: Threads,
        deadline_s: float,
        live: LiveRecall,
    ) -> None:
        """`deadline_s`: of what is read."""
        self._store = store
        self._models = models
        self._threads = threads
        self._writing = writing
        self._deadline_s = deadline_s
        self._live = live

    async def create(self, name: str, options: CollectionOptions, deadline: Deadline) -> CollectionInfo:
        """Create, or return the one that is there if it has the same specification (else CollectionExistsError)."""
        spec = self._specification(name, options)
        return await self._writing.run(deadline, lambda: self._store.create(spec).info())

    async def describe(self, name: str) -> CollectionInfo:
        return await self._threads.run(self._deadline(), lambda: self._store.open(name).info())

    def live_recall(self, name: str) -> Sequence[LiveRecallFigure]:
        """Of its searches in this process, by field and kind of query; none yet where none were repeated."""
        return self._live.figures(name)

    async def facets(self, name: str, filter_: Filter | None = None) -> Sequence[Facet]:
        return await self._threads.run(self._deadline(), lambda: self._store.open(name).facets(filter_))

    async def count_facets(
        self, name: str, filter_: Filter | None, keys: Sequence[str] | None, limit: int
    ) -> FacetCounts:
        """What a filter selects, by the attributes `keys` (None: all). Raises AttributeUnknownError, FilterError."""
        return await self._threads.run(self._deadline(), _counted, self._store, name, filter_, keys, limit)

    async def names(self) -> Sequence[str]:
        return await self._threads.run(self._deadline(), self._store.names)

    async def drop(self, name: str, deadline: Deadline) -> None:
        await self._writing.run(deadline, self._store.drop, name)

    def _specification(self, name: str, options: CollectionOptions) -> CollectionSpec:
        """Raises ModelNotFoundError; SpaceMismatchError where a loaded model makes that space differently."""
        if options.space is None:
            return specification(name, options, self._models.get(options.model))
        self._models.of_space(options.space.id, options.space.dimension)
        return bare_specification(name, options, options.space)

    def _deadline(self) -> Deadline:
        return Deadline.after(self._deadline_s)


def _counted(
    store: CollectionStore, name: str, filter_: Filter | None, keys: Sequence[str] | None, limit: int
) -> FacetCounts:
    collection = store.open(name)
    known = collection.spec.attributes
    for key in keys or ():
        if key not in known:
            listed = ", ".join(sorted(known)[:50]) or "none"
            raise AttributeUnknownError(f"the collection has no attribute {key!r} to count; it has: {listed}")
    return FacetCounts(collection.count(filter_), collection.facets(filter_, limit, keys))


def specification(name: str, options: CollectionOptions, manifest: Manifest) -> CollectionSpec:
    """What the store is told: the options, and the space that the model gives."""
    return CollectionSpec(
        name=name,
        model=manifest.name,
        space_id=manifest.space_id,
        dimension=manifest.dimension,
        precision=manifest.precision,
        recall=options.recall,
        attributes=dict(options.attributes),
        pictures=options.pictures,
        codec=options.codec,
    )


def bare_specification(name: str, options: CollectionOptions, space: OwnSpace) -> CollectionSpec:
    """Of a collection whose vectors come already made: at which precision, nobody knows (ADR 13)."""
    return CollectionSpec(
        name=name,
        model=None,
        space_id=space.id,
        dimension=space.dimension,
        precision=ANY_PRECISION,
        recall=options.recall,
        fields=space.fields,
        attributes=dict(options.attributes),
        pictures=options.pictures,
        codec=options.codec,
    )
