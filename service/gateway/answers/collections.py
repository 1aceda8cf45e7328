"""Answers of the collection routes."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from index.types import AttributeType, CollectionInfo, Facet, FieldName, HubnessInfo, PicturePolicy, Scalar
from service.gateway.answers.index import IndexAnswer, RecallAnswer, index_answer, recall_answer
from service.types import FacetCounts, LiveRecallFigure


class ValueAnswer(TypedDict):
    """A value and how many items have it."""

    value: Scalar
    count: int


class AttributeAnswer(TypedDict):
    """An attribute: its most frequent values, or the bounds of a number."""

    key: str
    type: AttributeType
    values: list[ValueAnswer]
    minimum: float | None
    maximum: float | None


class HubnessAnswer(TypedDict):
    """The hubness correction of searches by text."""

    k: int
    alpha: float
    queries: Annotated[int, Field(description="Size of the bank it was made from.")]
    bank: Annotated[str, Field(description="Fingerprint of the bank.")]
    sequence: Annotated[int, Field(description="The write up to which it was made.")]


class CollectionAnswer(TypedDict):
    """A collection as it stands now."""

    name: str
    items: int
    vectors: Annotated[dict[FieldName, int], Field(description="How many items have a vector of each field.")]
    sequence: Annotated[int, Field(description="Number of the last write.")]
    model: Annotated[str | None, Field(description="null where the vectors come from elsewhere.")]
    space: str
    dimension: int
    precision: str
    fields: list[FieldName]
    pictures: PicturePolicy
    recall: RecallAnswer
    snapshot: Annotated[int | None, Field(description="The sealed snapshot in use; none while search is exact.")]
    index: IndexAnswer
    hubness: Annotated[HubnessAnswer | None, Field(description="null: the correction is off.")]
    memory_bytes: Annotated[int, Field(description="Anonymous memory of this process for it, estimated.")]
    mapped_bytes: Annotated[int, Field(description="Files it reads through the page cache, which may be dropped.")]
    disk_bytes: int
    writable: bool
    attributes: list[AttributeAnswer]


class FacetsAnswer(TypedDict):
    """What the items that the filter selects have."""

    count: Annotated[int, Field(description="How many items the filter selects.")]
    facets: list[AttributeAnswer]


class CollectionName(TypedDict):
    """A collection of the list."""

    name: str


class CollectionsAnswer(TypedDict):
    """All collections, by name."""

    collections: list[CollectionName]


class DroppedAnswer(TypedDict):
    """The collection is gone."""

    name: str
    dropped: bool


def collection_answer(
    info: CollectionInfo, facets: Sequence[Facet], live: Sequence[LiveRecallFigure]
) -> CollectionAnswer:
    spec = info.spec
    return CollectionAnswer(
        name=spec.name,
        items=info.items,
        vectors=dict(info.vectors),
        sequence=info.sequence,
        model=spec.model,
        space=spec.space_id,
        dimension=spec.dimension,
        precision=spec.precision,
        fields=list(spec.fields),
        pictures=spec.pictures,
        recall=recall_answer(info, live),
        snapshot=info.index.snapshot,
        index=index_answer(info),
        hubness=None if info.hubness is None else _hubness(info.hubness),
        memory_bytes=info.memory_bytes,
        mapped_bytes=info.index.mapped_bytes,
        disk_bytes=info.disk_bytes,
        writable=info.writable,
        attributes=[_attribute(facet) for facet in facets],
    )


def facets_answer(found: FacetCounts) -> FacetsAnswer:
    return FacetsAnswer(count=found.count, facets=[_attribute(facet) for facet in found.facets])


def _hubness(info: HubnessInfo) -> HubnessAnswer:
    return HubnessAnswer(k=info.k, alpha=info.alpha, queries=info.queries, bank=info.bank, sequence=info.sequence)


def _attribute(facet: Facet) -> AttributeAnswer:
    return AttributeAnswer(
        key=facet.key,
        type=facet.type,
        values=[ValueAnswer(value=value, count=count) for value, count in facet.counts],
        minimum=facet.minimum,
        maximum=facet.maximum,
    )
