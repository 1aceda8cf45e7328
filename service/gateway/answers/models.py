"""Answers about the process itself: its models, its health."""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from service.types import ModelInfo, QueueFigures, Readiness


class LicenceAnswer(TypedDict):
    """The licence of one part of a model."""

    part: str
    licence: str
    source: str


class QueueAnswer(TypedDict):
    """The encode queue at this moment."""

    workers: int
    running: int
    waiting_interactive: int
    waiting_bulk: int
    capacity_interactive: int
    capacity_bulk: int
    encode_ms: Annotated[float, Field(description="Moving mean of one encoder run.")]


class CompositionAnswer(TypedDict):
    """What a composed search uses where the request does not say."""

    alpha: float
    beta: float


class ModelAnswer(TypedDict):
    """One loaded bundle."""

    id: Annotated[str, Field(description="The name to give as `model`.", examples=["starter"])]
    object: Literal["model"]
    version: str
    description: str
    is_default: bool
    space: str
    dimension: int
    precision: str
    image_size: int
    context_length: int
    licence: str
    licences: list[LicenceAnswer]
    commercial_use: bool
    composition: CompositionAnswer
    queue: QueueAnswer


class ModelsAnswer(TypedDict):
    """All loaded bundles, the default one first."""

    object: Literal["list"]
    data: list[ModelAnswer]


class HealthAnswer(TypedDict):
    """The process runs."""

    status: Literal["alive"]


class CheckAnswer(TypedDict):
    """One thing that must be right before this process may serve."""

    name: str
    ok: bool
    detail: str


class ReadyAnswer(TypedDict):
    """The process can serve."""

    status: Literal["ready"]
    checks: list[CheckAnswer]


def model_answer(info: ModelInfo) -> ModelAnswer:
    manifest = info.manifest
    return ModelAnswer(
        id=manifest.name,
        object="model",
        version=manifest.version,
        description=manifest.description,
        is_default=info.is_default,
        space=manifest.space_id,
        dimension=manifest.dimension,
        precision=manifest.precision,
        image_size=manifest.image.size,
        context_length=manifest.text.context_length,
        licence=manifest.licence,
        licences=[LicenceAnswer(part=it.part, licence=it.licence, source=it.source) for it in manifest.licences],
        commercial_use=manifest.commercial_use,
        composition=CompositionAnswer(alpha=manifest.composition.alpha, beta=manifest.composition.beta),
        queue=_queue(info.queue),
    )


def ready_answer(readiness: Readiness) -> ReadyAnswer:
    checks = [CheckAnswer(name=check.name, ok=check.is_ok, detail=check.detail) for check in readiness.checks]
    return ReadyAnswer(status="ready", checks=checks)


def _queue(figures: QueueFigures) -> QueueAnswer:
    return QueueAnswer(
        workers=figures.workers,
        running=figures.running,
        waiting_interactive=figures.waiting_interactive,
        waiting_bulk=figures.waiting_bulk,
        capacity_interactive=figures.capacity_interactive,
        capacity_bulk=figures.capacity_bulk,
        encode_ms=round(figures.encode_ms, 3),
    )
