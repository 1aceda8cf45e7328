"""Vectors without a collection: embed, classify without training, rerank."""

from collections.abc import Sequence

from service.types import ClassifiedBatch, Deadline, EmbeddedBatch, PictureBytes, RerankedBatch, RerankQuery


class Embeddings:
    """The loaded models at work; every method raises what `service.errors` lists. `model` None: the default."""

    async def embed(
        self,
        model: str | None,
        inputs: Sequence[str | PictureBytes],
        deadline: Deadline,
        dimensions: int | None = None,
    ) -> EmbeddedBatch:
        raise NotImplementedError

    async def classify(
        self,
        model: str | None,
        inputs: Sequence[str | PictureBytes],
        labels: Sequence[str],
        templates: Sequence[str] | None,
        deadline: Deadline,
    ) -> ClassifiedBatch:
        """`templates` hold `{}` where the label goes; None takes those of the model."""
        raise NotImplementedError

    async def rerank(
        self, model: str | None, query: RerankQuery, documents: Sequence[str | PictureBytes], deadline: Deadline
    ) -> RerankedBatch:
        raise NotImplementedError
