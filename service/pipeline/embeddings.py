"""Vectors without a collection: embed, classify without training, rerank."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import Vector, Vectors
from models.compose import product, unit
from models.manifest import FieldKind, Manifest, QueryKind
from service.embedder import Embedder, EmbedInput
from service.errors import DimensionsNotSupportedError, LimitExceededError, QueryInvalidError
from service.metrics import Metrics
from service.pipeline.ingredients import Ingredient, truncation
from service.pipeline.models import Models
from service.queue import Encoded, Lane
from service.types import (
    Classification,
    ClassifiedBatch,
    Deadline,
    EmbeddedBatch,
    Limits,
    Notice,
    PictureBytes,
    RankedDocument,
    RerankedBatch,
    RerankQuery,
)

_INTERACTIVE_INPUTS = 8
"""Up to so many inputs go before bulk work."""


@dataclass(frozen=True)
class Embeddings:
    """The loaded models at work; every method raises what `service.errors` lists. `model` None: the default."""

    models: Models
    embedder: Embedder
    metrics: Metrics
    limits: Limits
    window: int

    async def embed(
        self,
        model: str | None,
        inputs: Sequence[str | PictureBytes],
        deadline: Deadline,
        dimensions: int | None = None,
    ) -> EmbeddedBatch:
        """Vectors of texts and pictures, mixed."""
        manifest = self.models.get(model)
        if dimensions not in (None, manifest.dimension):
            raise DimensionsNotSupportedError(
                f"{manifest.name} gives {manifest.dimension} dimensions: leave `dimensions` out, or ask for that many"
            )
        encoded = await self._encoded(manifest, inputs, "inputs", deadline)
        return EmbeddedBatch(
            model=manifest.name,
            space=manifest.space_id,
            vectors=np.stack([one.vector for one in encoded]),
            token_counts=[one.token_count for one in encoded],
            truncated=[one.is_truncated for one in encoded],
        )

    async def classify(
        self,
        model: str | None,
        inputs: Sequence[str | PictureBytes],
        labels: Sequence[str],
        templates: Sequence[str] | None,
        deadline: Deadline,
    ) -> ClassifiedBatch:
        """`templates` hold `{}` where the label goes; None takes those of the model."""
        manifest = self.models.get(model)
        prompts = label_prompts(labels, manifest.prompts if templates is None else templates)
        encoded_prompts = await self._encoded(manifest, prompts, "labels times templates", deadline)
        encoded = await self._encoded(manifest, inputs, "inputs", deadline)
        vectors = label_vectors(np.stack([one.vector for one in encoded_prompts]), len(labels))
        results = [classification(one.vector, vectors, manifest.logit_scale) for one in encoded]
        return ClassifiedBatch(manifest.name, labels, results, _notices(manifest, inputs, encoded))

    async def rerank(
        self, model: str | None, query: RerankQuery, documents: Sequence[str | PictureBytes], deadline: Deadline
    ) -> RerankedBatch:
        """Best first, by calibrated score, so that pictures and texts can be compared."""
        manifest = self.models.get(model)
        asked: list[EmbedInput] = [content for content in (query.image, query.text) if content is not None]
        if not asked:
            raise QueryInvalidError("the query needs a text, a picture, or both")
        encoded_query = await self._encoded(manifest, asked, "inputs", deadline)
        encoded = await self._encoded(manifest, documents, "documents", deadline)
        parts = [_ingredient(content, one) for content, one in zip(asked, encoded_query, strict=True)]
        ranked = [
            scored(n, manifest, parts, _ingredient(content, one))
            for n, (content, one) in enumerate(zip(documents, encoded, strict=True))
        ]
        notices = (*_notices(manifest, asked, encoded_query), *_notices(manifest, documents, encoded))
        return RerankedBatch(manifest.name, sorted(ranked, key=lambda one: (-one.score, one.index)), notices)

    async def _encoded(
        self, manifest: Manifest, inputs: Sequence[EmbedInput], what: str, deadline: Deadline
    ) -> list[Encoded]:
        if not 1 <= len(inputs) <= self.limits.max_batch_items:
            raise LimitExceededError(f"{what}: from 1 to {self.limits.max_batch_items} are possible, not {len(inputs)}")
        lane: Lane = "interactive" if len(inputs) <= _INTERACTIVE_INPUTS else "bulk"
        with self.metrics.start_clock() as clock:
            return await self.embedder.embed(manifest, inputs, lane, deadline, clock, self.window)


def label_prompts(labels: Sequence[str], templates: Sequence[str]) -> list[str]:
    """Every label in every template, label by label."""
    if not labels or not templates:
        raise QueryInvalidError("a classification needs at least one label and one template")
    for template in templates:
        if "{}" not in template:
            raise QueryInvalidError(f"the template {template[:40]!r} has no place for the label: write {{}} into it")
    return [template.replace("{}", label) for label in labels for template in templates]


def label_vectors(prompts: Vectors, label_count: int) -> Vectors:
    """[labels * templates, d] to [labels, d]: the mean of each label's prompts, of unit length."""
    means = prompts.reshape(label_count, -1, prompts.shape[1]).mean(axis=1)
    return np.stack([unit(mean) for mean in means])


def classification(vector: Vector, labels: Vectors, logit_scale: float) -> Classification:
    """Softmax over the scaled cosines, as CLIP-like models are trained."""
    cosines = labels @ vector
    logits = logit_scale * (cosines - cosines.max())
    weights = np.exp(logits.astype(np.float64))
    return Classification((weights / weights.sum()).tolist(), cosines.tolist())


def scored(index: int, manifest: Manifest, query: Sequence[Ingredient], document: Ingredient) -> RankedDocument:
    """One document: a picture against a text or a picture as in the field `image`, everything else as products."""
    kind: QueryKind = query[0].modality if len(query) == 1 else "product"
    field: FieldKind = "image" if document.modality == "image" and len(query) == 1 else "product"
    if len(query) == 1:
        asked = query[0].in_field(field, manifest)
    else:
        asked = product(query[0].centred(manifest), query[1].centred(manifest), manifest.product_image_weight)
    cosine = np.float32(asked @ document.in_field(field, manifest))
    score = manifest.calibration_for(kind, field).score(np.asarray(cosine))
    return RankedDocument(index, float(score), float(cosine))


def _ingredient(content: EmbedInput, encoded: Encoded) -> Ingredient:
    return Ingredient("text" if isinstance(content, str) else "image", encoded.vector, encoded.is_truncated)


def _notices(manifest: Manifest, inputs: Sequence[EmbedInput], encoded: Sequence[Encoded]) -> tuple[Notice, ...]:
    return tuple(
        truncation(content, manifest)
        for content, one in zip(inputs, encoded, strict=True)
        if isinstance(content, str) and one.is_truncated
    )
