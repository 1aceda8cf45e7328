"""Do the vectors of a file belong into a collection that is there already? Pure."""

from dataclasses import dataclass, replace

from index.types import CollectionSpec, FieldName
from service.jobs.index_job.sink import SinkError
from service.types import CollectionOptions, OwnSpace

UNNAMED = ""
"""Id of a space that the user did not name: whatever the collection has."""


@dataclass(frozen=True)
class SpaceThere:
    """What a collection says of its vectors."""

    collection: str
    model: str | None
    space_id: str
    dimension: int
    fields: tuple[FieldName, ...]


def space_there(spec: CollectionSpec) -> SpaceThere:
    return SpaceThere(spec.name, spec.model, spec.space_id, spec.dimension, spec.fields)


def named(options: CollectionOptions, collection: str) -> CollectionOptions:
    """For a new collection: a space that was not named takes the collection's name."""
    if options.space is None or options.space.id != UNNAMED:
        return options
    return replace(options, space=replace(options.space, id=collection))


def check_space(there: SpaceThere, own: OwnSpace) -> None:
    """Raises SinkError."""
    name = there.collection
    if own.dimension != there.dimension:
        raise SinkError(
            f"the vectors have {own.dimension} dimensions and those of the collection {name!r} {there.dimension}: "
            "take another name"
        )
    if own.id not in (UNNAMED, there.space_id):
        raise SinkError(f"collection {name!r} holds vectors of the space {there.space_id!r}, not {own.id!r}")
    if own.id == UNNAMED and there.model is not None:
        raise SinkError(
            f"collection {name!r} was made with the model {there.model!r}: if that model made the vectors, say so with "
            f"--space {there.space_id}; else take another name"
        )
    for field in own.fields:
        if field not in there.fields:
            raise SinkError(f"collection {name!r} has the fields {', '.join(there.fields)}, and no {field!r}")
