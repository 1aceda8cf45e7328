"""Answers of embeddings, classify and rerank."""

import base64
from collections.abc import Sequence
from typing import Annotated, Literal, NotRequired, TypeAlias

import numpy as np
from pydantic import Field
from typing_extensions import TypedDict

from service.gateway.answers.hits import NoticeAnswer, NumbersAnswer, notices
from service.types import ClassifiedBatch, EmbeddedBatch, PictureBytes, RerankedBatch, Vector

Encoding: TypeAlias = Literal["float", "base64"]


class EmbeddingAnswer(TypedDict):
    """One vector, of unit length."""

    object: Literal["embedding"]
    index: int
    embedding: Annotated[
        NumbersAnswer | str, Field(description="Numbers, or base64 of little-endian float32.", examples=[[0.1, -0.2]])
    ]


class UsageAnswer(TypedDict):
    """Tokens of the texts; pictures have none."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingsAnswer(TypedDict):
    """OpenAI's list, and beside it the space of the vectors and what to know of them."""

    object: Literal["list"]
    model: str
    space: Annotated[str, Field(description="Vectors of different spaces must not be compared.")]
    data: list[EmbeddingAnswer]
    usage: UsageAnswer
    warnings: list[NoticeAnswer]


class LabelAnswer(TypedDict):
    """How well one label fits."""

    label: str
    score: Annotated[float, Field(description="Probability among the labels; they add up to 1.")]
    cosine: float


class ClassifyAnswer(TypedDict):
    """For each input its labels, best first."""

    object: Literal["classify"]
    model: str
    data: list[list[LabelAnswer]]
    warnings: list[NoticeAnswer]


class DocumentAnswer(TypedDict):
    """The document as it was sent, where it is a text."""

    text: str


class RankedAnswer(TypedDict):
    """One document; `index` points into the documents of the request."""

    index: int
    relevance_score: Annotated[float, Field(description="Probability that the document matches, from 0 to 1.")]
    cosine: float
    document: NotRequired[DocumentAnswer]


class RerankAnswer(TypedDict):
    """Documents, best first."""

    model: str
    results: list[RankedAnswer]
    warnings: list[NoticeAnswer]


def embeddings_answer(batch: EmbeddedBatch, encoding: Encoding) -> EmbeddingsAnswer:
    tokens = sum(batch.token_counts)
    return EmbeddingsAnswer(
        object="list",
        model=batch.model,
        space=batch.space,
        data=[_embedding(index, vector, encoding) for index, vector in enumerate(batch.vectors)],
        usage=UsageAnswer(prompt_tokens=tokens, total_tokens=tokens),
        warnings=[_truncated(index) for index, is_cut in enumerate(batch.truncated) if is_cut],
    )


def classify_answer(batch: ClassifiedBatch) -> ClassifyAnswer:
    return ClassifyAnswer(
        object="classify",
        model=batch.model,
        data=[_labels(batch.labels, result.probabilities, result.cosines) for result in batch.results],
        warnings=notices(batch.warnings),
    )


def rerank_answer(
    batch: RerankedBatch, documents: Sequence[str | PictureBytes], top_n: int | None, with_documents: bool
) -> RerankAnswer:
    results = []
    for ranked in batch.results[:top_n]:
        answer = RankedAnswer(index=ranked.index, relevance_score=ranked.score, cosine=ranked.cosine)
        document = documents[ranked.index]
        if with_documents and isinstance(document, str):
            answer["document"] = DocumentAnswer(text=document)
        results.append(answer)
    return RerankAnswer(model=batch.model, results=results, warnings=notices(batch.warnings))


def _embedding(index: int, vector: Vector, encoding: Encoding) -> EmbeddingAnswer:
    shown = vector if encoding == "float" else base64.b64encode(vector.astype(np.dtype("<f4")).tobytes()).decode()
    return EmbeddingAnswer(object="embedding", index=index, embedding=shown)


def _truncated(index: int) -> NoticeAnswer:
    message = f"input[{index}] is longer than the model's context; its end was left out"
    return NoticeAnswer(code="text_truncated", message=message)


def _labels(labels: Sequence[str], probabilities: Sequence[float], cosines: Sequence[float]) -> list[LabelAnswer]:
    rows = [
        LabelAnswer(label=label, score=score, cosine=cosine)
        for label, score, cosine in zip(labels, probabilities, cosines, strict=True)
    ]
    return sorted(rows, key=lambda row: row["score"], reverse=True)
