"""The values that travel through the service, after the wire and before the models and the index.

Parsed once at the edge: everything here is valid in shape. Owns no behaviour beyond construction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from index.types import Attributes, FieldName, Filter, SearchParameters, WriteStatus
from models.pictures import Box

Vector: TypeAlias = NDArray[np.float32]
"""float32 [d]; unit length once it left the pipeline's embed stage."""

ComposeMethod: TypeAlias = Literal["pdv", "isa", "sum"]
Include: TypeAlias = Literal["attributes", "vector", "explain"]


@dataclass(frozen=True)
class PictureBytes:
    """A picture that came with the request."""

    data: bytes
    box: Box | None = None


@dataclass(frozen=True)
class PictureOfItem:
    """The picture of a stored item of the collection that is searched."""

    id: str
    box: Box | None = None


Picture: TypeAlias = PictureBytes | PictureOfItem


@dataclass(frozen=True)
class TextQuery:
    text: str


@dataclass(frozen=True)
class ImageQuery:
    image: Picture


@dataclass(frozen=True)
class VectorQuery:
    vector: Vector


@dataclass(frozen=True)
class Term:
    """A text or a picture with a weight; negative weights repel."""

    content: str | Picture
    weight: float = 1.0


@dataclass(frozen=True)
class TermsQuery:
    terms: Sequence[Term]


@dataclass(frozen=True)
class ComposeQuery:
    """A picture plus a change. None for alpha and beta means the model's tuned defaults."""

    image: Picture
    modification: str
    base_text: str | None = None
    target_text: str | None = None
    method: ComposeMethod = "pdv"
    alpha: float | None = None
    beta: float | None = None
    exclude_reference: bool = True


@dataclass(frozen=True)
class ProductQuery:
    """A product by picture, text, or both; `item` takes both from a stored item."""

    image: Picture | None = None
    text: str | None = None
    item: str | None = None
    image_weight: float | None = None


Query: TypeAlias = TextQuery | ImageQuery | VectorQuery | TermsQuery | ComposeQuery | ProductQuery


@dataclass(frozen=True)
class Boost:
    """Adds `weight * normalised value of the attribute` to the score when ranking."""

    key: str
    weight: float


@dataclass(frozen=True)
class SearchOptions:
    """Everything of a search but its query."""

    limit: int = 10
    offset: int = 0
    field: FieldName | None = None
    filter: Filter | None = None
    score_threshold: float | None = None
    group_by: str | None = None
    diversity: float = 0.0
    """0 is pure relevance, towards 1 more variety (maximal marginal relevance)."""
    collapse_duplicates: bool = False
    boost: Sequence[Boost] = ()
    hybrid: float = 0.0
    params: SearchParameters = SearchParameters()
    include: frozenset[Include] = frozenset({"attributes"})
    min_sequence: int | None = None


@dataclass(frozen=True)
class SearchRequest:
    query: Query
    options: SearchOptions = SearchOptions()


@dataclass(frozen=True)
class Refinement:
    """The same query with other weights; None keeps what the query had."""

    query_id: str
    alpha: float | None = None
    beta: float | None = None
    weights: Sequence[float] | None = None
    filter: Filter | None = None
    limit: int | None = None


@dataclass(frozen=True)
class Notice:
    """Something the user should know though the request succeeded. `code` is for machines."""

    code: str
    message: str


@dataclass(frozen=True)
class Hit:
    id: str
    score: float
    """Calibrated probability that the pair matches, in [0, 1]."""
    cosine: float
    text: str | None
    attributes: Attributes
    has_image: bool
    vector: Vector | None = None
    explain: Mapping[str, float | str] | None = None


@dataclass(frozen=True)
class StageTimes:
    """Milliseconds of each stage of one request."""

    decode: float = 0.0
    embed: float = 0.0
    search: float = 0.0
    rank: float = 0.0


@dataclass(frozen=True)
class SearchResult:
    hits: Sequence[Hit]
    query_id: str
    space: str
    took_ms: StageTimes
    warnings: Sequence[Notice] = ()


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
class Problem:
    """One failure in the form of RFC 9457, before it is put on the wire. `code` comes from `service.errors`."""

    code: str
    title: str
    detail: str
    status: int


@dataclass(frozen=True)
class ItemOutcome:
    """What became of one item of a batch."""

    id: str
    status: WriteStatus | Literal["failed"]
    problem: Problem | None = None


@dataclass(frozen=True)
class UpsertOutcome:
    """One outcome an item, in the order of the batch; `sequence` makes all of them visible."""

    items: Sequence[ItemOutcome]
    sequence: int
