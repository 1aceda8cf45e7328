"""Items on their way in, and what became of them. Owns no behaviour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from index.index_info import CodecChoice
from index.types import Attributes, AttributeType, FieldName, PicturePolicy, WriteStatus
from service.types.notice import Notice, Problem
from service.types.queries import Vector


@dataclass(frozen=True)
class OwnSpace:
    """A vector space that no model of the service needs to know (ADR 13)."""

    id: str
    dimension: int
    fields: tuple[FieldName, ...] = ("image",)


@dataclass(frozen=True)
class CollectionOptions:
    """What a client may say when it creates a collection; None means the default of the service."""

    model: str | None = None
    recall: float = 0.95
    attributes: Mapping[str, AttributeType] = field(default_factory=dict)
    pictures: PicturePolicy = "original"
    codec: CodecChoice = "auto"
    space: OwnSpace | None = None
    """Instead of a model: the vectors come already made."""


@dataclass(frozen=True)
class ItemInput:
    """One item as a client sends it: a picture, a text, or both; or ready vectors."""

    id: str
    text: str | None = None
    image: bytes | None = None
    attributes: Attributes = field(default_factory=dict)
    vectors: Mapping[FieldName, Vector] = field(default_factory=dict)
    image_ref: str | None = None


@dataclass(frozen=True)
class ItemOutcome:
    """What became of one item of a batch."""

    id: str
    status: WriteStatus | Literal["failed"]
    problem: Problem | None = None
    warnings: Sequence[Notice] = ()


@dataclass(frozen=True)
class UpsertOutcome:
    """One outcome an item, in the order of the batch; `sequence` makes all of them visible."""

    items: Sequence[ItemOutcome]
    sequence: int
