"""The values that cross the border of this package. Owns no behaviour beyond construction.

A *row* is the small integer under which an item is stored; an *id* is the user's own string.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from index.index_info import CodecChoice, IndexInfo, QueryKind

Vector: TypeAlias = NDArray[np.float32]
"""float32 [d], of unit length (L2)."""

Vectors: TypeAlias = NDArray[np.float32]
"""float32 [n, d], rows of unit length (L2)."""

Numbers: TypeAlias = NDArray[np.float32]
"""float32 [n], one for each row of something."""

Scalar: TypeAlias = str | int | float | bool


@dataclass(frozen=True)
class GeoPoint:
    """A place on the earth, in degrees: latitude -90 to 90, longitude -180 to 180."""

    lat: float
    lon: float


AttributeValue: TypeAlias = Scalar | tuple[str, ...] | GeoPoint | None
Attributes: TypeAlias = Mapping[str, AttributeValue]
"""A value is a keyword, a number, a boolean, several keywords or a place; None removes the key in a patch."""

AttributeType: TypeAlias = Literal["keyword", "keywords", "number", "boolean", "geo"]
FieldName: TypeAlias = Literal["image", "product"]
PicturePolicy: TypeAlias = Literal["original", "working_copy", "none"]
WriteStatus: TypeAlias = Literal["created", "updated", "unchanged"]


@dataclass(frozen=True)
class CollectionSpec:
    """What a collection is created with; immutable but for the attribute schema, which may grow."""

    name: str
    model: str | None
    """None: the vectors come from elsewhere, already made."""
    space_id: str
    dimension: int
    precision: str = "fp32"
    recall: float = 0.95
    fields: tuple[FieldName, ...] = ("image", "product")
    attributes: Mapping[str, AttributeType] = field(default_factory=dict)
    """Declared types; an undeclared attribute takes the type of its first value."""
    pictures: PicturePolicy = "original"
    codec: CodecChoice = "auto"
    """How vectors are sealed once there are many."""


@dataclass(frozen=True)
class ItemWrite:
    """One upsert. `content_hash` covers what was encoded; equal hash and attributes mean unchanged."""

    id: str
    content_hash: str
    text: str | None = None
    attributes: Attributes = field(default_factory=dict)
    picture: bytes | None = None
    """The picture's bytes as they are to be kept, or None when the policy keeps none."""
    picture_ref: str | None = None
    thumbnail: bytes | None = None
    """A small WebP for display; derived, kept outside the catalogue."""
    vectors: Mapping[FieldName, Vector] = field(default_factory=dict)


@dataclass(frozen=True)
class Item:
    """One stored item, without its vectors."""

    row: int
    id: str
    text: str | None
    attributes: Attributes
    content_hash: str
    picture_ref: str | None
    """`sha256:<hex>` of a kept picture, or the reference that came with the item."""
    sequence: int


@dataclass(frozen=True)
class WriteResult:
    """What became of one upsert of a batch."""

    id: str
    status: WriteStatus


@dataclass(frozen=True)
class WriteReceipt:
    """The results in the order of the batch, and the sequence number that makes them visible."""

    results: Sequence[WriteResult]
    sequence: int


@dataclass(frozen=True)
class Match:
    """`attribute == value`, or one of the values; for `keywords`, any of the item's keywords."""

    key: str
    values: tuple[Scalar, ...]


@dataclass(frozen=True)
class Range:
    """A number between bounds; None leaves a side open."""

    key: str
    gt: float | None = None
    gte: float | None = None
    lt: float | None = None
    lte: float | None = None


@dataclass(frozen=True)
class GeoRadius:
    """A place at most `radius_m` metres away, along the surface of the earth."""

    key: str
    centre: GeoPoint
    radius_m: float


@dataclass(frozen=True)
class MatchText:
    """The item's text holds all of these words, wherever and in whatever order."""

    text: str


@dataclass(frozen=True)
class HasId:
    """The item's id is one of these."""

    ids: tuple[str, ...]


Condition: TypeAlias = "Match | Range | GeoRadius | MatchText | HasId | Filter"


@dataclass(frozen=True)
class Filter:
    """All of `must`, at least one of `should` (where there are any), none of `must_not`."""

    must: tuple[Condition, ...] = ()
    should: tuple[Condition, ...] = ()
    must_not: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class SearchParameters:
    """How one search is carried out; it travels with the call and changes nothing shared."""

    exact: bool = False
    recall: float | None = None
    """None: the collection's target."""
    kind: QueryKind | None = None
    """Which curve its settings come from; None: unknown, so it is searched like the hardest kind."""
    hubness: bool = True
    """False: leave out the hubness correction that the collection has."""


@dataclass(frozen=True)
class RecallCheck:
    """One search beside its exact repetition, over the same rows."""

    found: int
    """Of the `wanted` nearest, how many the search found, or others that are as near."""
    wanted: int
    snapshot: int
    """The one that was searched."""

    @property
    def recall(self) -> float:
        return self.found / self.wanted


@dataclass(frozen=True)
class Candidate:
    """One row that a search found, by descending cosine."""

    row: int
    id: str
    cosine: float
    bm25: float = 0.0
    """How well its text fits the words that were searched for; 0 where none of them occurs, or none were given."""


@dataclass(frozen=True)
class Facet:
    """An attribute as the search page needs it: keyword counts, or the bounds of a number."""

    key: str
    type: AttributeType
    counts: Sequence[tuple[Scalar, int]] = ()
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class HubnessInfo:
    """The hubness correction of a field: what it was made with."""

    k: int
    alpha: float
    queries: int
    bank: str
    """Fingerprint of the bank of queries."""
    sequence: int
    """Items written later get their bias when a search first meets them."""


@dataclass(frozen=True)
class CollectionInfo:
    """A collection as it stands now."""

    spec: CollectionSpec
    items: int
    vectors: Mapping[FieldName, int]
    sequence: int
    memory_bytes: int
    disk_bytes: int
    writable: bool
    """This process may write; the first write still has to get the lock."""
    index: IndexInfo = IndexInfo()
    hubness: HubnessInfo | None = None
    """None: the correction is off."""
