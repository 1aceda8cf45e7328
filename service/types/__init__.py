"""The values that travel through the service, after the wire and before the models and the index.

Parsed once at the edge: everything here is valid in shape. Owns no behaviour beyond construction.
"""

from service.types.deadline import (
    Clock,
    Deadline,
)
from service.types.embedding import (
    Check,
    Classification,
    ClassifiedBatch,
    EmbeddedBatch,
    ModelInfo,
    QueueFigures,
    RankedDocument,
    Readiness,
    RerankedBatch,
    RerankQuery,
)
from service.types.items import (
    CollectionOptions,
    ItemInput,
    ItemOutcome,
    OwnSpace,
    UpsertOutcome,
)
from service.types.limits import Limits
from service.types.notice import (
    Notice,
    Problem,
)
from service.types.queries import (
    Boost,
    ComposeMethod,
    ComposeQuery,
    ImageQuery,
    Include,
    Picture,
    PictureBytes,
    PictureOfItem,
    ProductQuery,
    Query,
    Refinement,
    SearchOptions,
    SearchRequest,
    Term,
    TermsQuery,
    TextQuery,
    Vector,
    VectorQuery,
)
from service.types.recall import LiveRecallFigure
from service.types.results import (
    FacetCounts,
    Hit,
    SearchResult,
    StageTimes,
)

__all__ = [
    "Boost",
    "Check",
    "Classification",
    "ClassifiedBatch",
    "Clock",
    "CollectionOptions",
    "ComposeMethod",
    "ComposeQuery",
    "Deadline",
    "EmbeddedBatch",
    "FacetCounts",
    "Hit",
    "ImageQuery",
    "Include",
    "ItemInput",
    "ItemOutcome",
    "Limits",
    "LiveRecallFigure",
    "ModelInfo",
    "Notice",
    "OwnSpace",
    "Picture",
    "PictureBytes",
    "PictureOfItem",
    "Problem",
    "ProductQuery",
    "Query",
    "QueueFigures",
    "RankedDocument",
    "Readiness",
    "Refinement",
    "RerankQuery",
    "RerankedBatch",
    "SearchOptions",
    "SearchRequest",
    "SearchResult",
    "StageTimes",
    "Term",
    "TermsQuery",
    "TextQuery",
    "UpsertOutcome",
    "Vector",
    "VectorQuery",
]
