"""What is known of recall in service. Owns no behaviour."""

from dataclasses import dataclass

from index.index_info import QueryKind
from index.types import FieldName


@dataclass(frozen=True)
class LiveRecallFigure:
    """Of the last searches of one kind that were repeated exactly."""

    collection: str
    field: FieldName
    kind: QueryKind
    recall: float
    """Mean of recall@10."""
    samples: int
    target: float
    drifts: bool
    """The alarm: it is under the target, and not by chance."""
