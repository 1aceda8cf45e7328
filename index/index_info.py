"""What a collection tells of its index: the codec, what is sealed, what was measured for each kind of query.

Values alone. Owns the names of query kinds and codecs; knows no vector and no file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from index.sealed.search_settings import CurvePoint

QueryKind: TypeAlias = Literal["text", "image", "composed", "product", "vector"]
"""Where a query comes from. Each kind lies elsewhere in the space, so each has a recall of its own."""

QuerySource: TypeAlias = Literal["log", "items", "own"]
"""Held-out queries: of the query log, made from the items' texts, or vectors of the collection itself."""

CodecKind: TypeAlias = Literal["ivf-pq", "ivf-pq-fastscan", "ivf-rabitq"]
"""`ivf-pq`: 8-bit product quantiser behind a learnt rotation (OPQ; slow to train). `ivf-pq-fastscan`: 4-bit, scanned in
registers, behind a random rotation. `ivf-rabitq`: one bit a dimension behind a random rotation (RaBitQ)."""

CodecChoice: TypeAlias = Literal["auto", "exact", "ivf-pq", "ivf-pq-fastscan", "ivf-rabitq"]
"""What a collection may ask for; `exact` is never sealed."""


@dataclass(frozen=True)
class MeasuredOn:
    """The held-out queries behind a curve."""

    source: QuerySource
    queries: int


@dataclass(frozen=True)
class MeasuredKind:
    """What was measured for one kind of query in one field."""

    on: MeasuredOn
    curve: Sequence[CurvePoint]
    chosen: CurvePoint
    """The cheapest point that reaches the collection's target, or the best there is."""


@dataclass(frozen=True)
class SealedInfo:
    """The sealed side of one field."""

    codec: CodecKind
    lists: int
    """Of each segment: a search scans some of them."""
    segments: int
    vectors: int
    """Live ones."""
    dead: int
    drift: float | None = None
    """How many times farther vectors lie from the centroids of their lists than held-out ones did when these were
    trained; None where that is not known."""
    on_card: int = 0
    """Of both, those that are searched on a card."""
    measured: Mapping[QueryKind, MeasuredKind] = field(default_factory=dict)
    """A kind that is missing was not measured: it is searched like the hardest one that was."""


@dataclass(frozen=True)
class SealProgress:
    """What the builder does just now; `doing` is empty while there is none."""

    doing: str = ""
    share: float = 0.0


@dataclass(frozen=True)
class IndexInfo:
    """The index as this process sees it; without a snapshot every search is exact."""

    snapshot: int | None = None
    covered_sequence: int | None = None
    """The last write that the snapshot holds; later ones are searched exactly."""
    fields: Mapping[str, SealedInfo] = field(default_factory=dict)
    fresh: Mapping[str, int] = field(default_factory=dict)
    """Vectors by field that are searched exactly."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Vectors by field of damaged segments that no search finds until they are sealed again: too many for memory."""
    mapped_bytes: int = 0
    """Files that searches read through the page cache, beside the anonymous memory."""
    building: SealProgress = SealProgress()
