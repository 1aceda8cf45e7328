"""Queries and everything that may be asked of a search. Parsed once at the edge: valid in shape."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from index.types import FieldName, Filter, SearchParameters
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
