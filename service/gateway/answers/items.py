"""Answers of the item routes."""

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from index.types import Item
from service.gateway.answers.hits import AttributesAnswer, NoticeAnswer, attributes_answer, image_path, notices
from service.gateway.answers.problems import ProblemAnswer, problem_answer
from service.types import ItemOutcome, UpsertOutcome

_KEPT = "sha256:"


class OutcomeAnswer(TypedDict):
    """What became of one item of a batch."""

    id: Annotated[str, Field(description='As it was sent; "" where the item had none.')]
    status: Literal["created", "updated", "unchanged", "failed"]
    problem: NotRequired[ProblemAnswer]
    warnings: NotRequired[list[NoticeAnswer]]


class UpsertAnswer(TypedDict):
    """One outcome an item, in the order of the batch."""

    items: list[OutcomeAnswer]
    sequence: Annotated[int, Field(description="A search with this `min_sequence` sees the whole batch.")]


class ItemAnswer(TypedDict):
    """One stored item."""

    id: str
    text: str | None
    attributes: AttributesAnswer
    image_url: str | None
    image_ref: Annotated[str | None, Field(description="Where the picture is, where the collection keeps none.")]
    sequence: int


class SequenceAnswer(TypedDict):
    """The write is durable; searches with this `min_sequence` see it."""

    id: str
    sequence: int


class DeletedAnswer(TypedDict):
    """How many items are gone."""

    deleted: int
    sequence: int


def upsert_answer(outcome: UpsertOutcome) -> UpsertAnswer:
    return UpsertAnswer(items=[_outcome(item) for item in outcome.items], sequence=outcome.sequence)


def item_answer(collection: str, item: Item) -> ItemAnswer:
    is_kept = item.picture_ref is not None and item.picture_ref.startswith(_KEPT)
    return ItemAnswer(
        id=item.id,
        text=item.text,
        attributes=attributes_answer(item.attributes),
        image_url=image_path(collection, item.id) if is_kept else None,
        image_ref=None if is_kept else item.picture_ref,
        sequence=item.sequence,
    )


def _outcome(item: ItemOutcome) -> OutcomeAnswer:
    answer = OutcomeAnswer(id=item.id, status=item.status)
    if item.problem is not None:
        answer["problem"] = problem_answer(item.problem)
    if item.warnings:
        answer["warnings"] = notices(item.warnings)
    return answer
