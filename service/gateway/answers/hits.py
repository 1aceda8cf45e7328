"""The answer of a search."""

from collections.abc import Mapping, Sequence
from typing import Annotated, NotRequired, TypeAlias
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, InstanceOf, WithJsonSchema
from typing_extensions import TypedDict

from index.types import Attributes, AttributeValue
from service.types import Hit, Notice, SearchResult

NumbersAnswer: TypeAlias = Annotated[
    InstanceOf[NDArray[np.float32]], WithJsonSchema({"type": "array", "items": {"type": "number"}})
]
"""A float32 vector, which orjson writes as it lies in memory."""

AttributesAnswer: TypeAlias = Annotated[
    dict[str, AttributeValue], Field(examples=[{"brand": "acme", "price": 39.9, "tags": ["summer"]}])
]


class NoticeAnswer(TypedDict):
    """Something to know though the request succeeded."""

    code: Annotated[str, Field(examples=["text_truncated"])]
    message: str


class TookAnswer(TypedDict):
    """Milliseconds of each stage."""

    decode: float
    embed: float
    search: float
    rank: float


class HitAnswer(TypedDict):
    """One item that was found."""

    id: str
    score: Annotated[float, Field(description="Probability that the pair matches, from 0 to 1; comparable.")]
    cosine: Annotated[float, Field(description="Raw cosine; comparable only within one kind of query.")]
    text: str | None
    image_url: Annotated[str | None, Field(description="Where the item's thumbnail is; `?size=full` for the picture.")]
    attributes: Annotated[AttributesAnswer, Field(description="Empty where `include` leaves them out.")]
    vector: NotRequired[NumbersAnswer]
    explain: NotRequired[dict[str, float | str]]


class SearchAnswer(TypedDict):
    """Hits, best first."""

    hits: list[HitAnswer]
    query_id: Annotated[str, Field(description="For `search/refine`, as long as the query is kept.")]
    space: str
    took_ms: TookAnswer
    warnings: list[NoticeAnswer]


def search_answer(collection: str, result: SearchResult) -> SearchAnswer:
    took = result.took_ms
    return SearchAnswer(
        hits=[_hit(collection, hit) for hit in result.hits],
        query_id=result.query_id,
        space=result.space,
        took_ms=TookAnswer(
            decode=round(took.decode, 3),
            embed=round(took.embed, 3),
            search=round(took.search, 3),
            rank=round(took.rank, 3),
        ),
        warnings=notices(result.warnings),
    )


def notices(warnings: Sequence[Notice]) -> list[NoticeAnswer]:
    return [NoticeAnswer(code=notice.code, message=notice.message) for notice in warnings]


def image_path(collection: str, id_: str) -> str:
    return f"/v1/collections/{collection}/items/{quote(id_, safe='')}/image"


def attributes_answer(attributes: Attributes) -> AttributesAnswer:
    return dict(attributes)


def _hit(collection: str, hit: Hit) -> HitAnswer:
    answer = HitAnswer(
        id=hit.id,
        score=hit.score,
        cosine=hit.cosine,
        text=hit.text,
        image_url=image_path(collection, hit.id) if hit.has_image else None,
        attributes=attributes_answer(hit.attributes),
    )
    if hit.vector is not None:
        answer["vector"] = hit.vector
    if hit.explain is not None:
        answer["explain"] = _explanation(hit.explain)
    return answer


def _explanation(explain: Mapping[str, float | str]) -> dict[str, float | str]:
    return dict(explain)
