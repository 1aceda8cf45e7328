"""What a search runs on: the segments as they stood at one sequence number. Owned by the collection's state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from index.segment import SegmentView
from index.types import FieldName


@dataclass(frozen=True)
class View:
    """Immutable, as its segments are: any number of searches may hold one."""

    sequence: int
    snapshot: int | None
    """The one whose segments are among them."""
    segments: Mapping[FieldName, Sequence[SegmentView]]
    id_of: Mapping[int, str]
