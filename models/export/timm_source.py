"""Image-only models of timm (DINOv2 and its like): vectors for image-to-image collections."""

from pathlib import Path
from typing import Any

from models.export import hub
from models.export.errors import CheckpointError, UnknownModelError
from models.export.libraries import timm_library
from models.export.licences import Licence, licence_of, require_acceptance
from models.export.naming import own_label, slug
from models.export.preparation import from_timm
from models.export.request import ExportRequest
from models.export.source import SourceModel
from models.export.weights import fingerprint, read_weights

SCHEME = "timm:"
_WEIGHTS = "model.safetensors"


def knows(name: str) -> bool:
    """Whether this module can serve the name, with or without a tag behind a dot."""
    found: bool = timm_library().is_model(name.removeprefix(SCHEME))
    return found


def load(request: ExportRequest) -> SourceModel:
    """The model of the request in evaluation mode, without its classifier; raises an ExportError."""
    timm = timm_library()
    name = request.name.removeprefix(SCHEME) + (f".{request.pretrained}" if request.pretrained else "")
    published = timm.get_pretrained_cfg(name, allow_unregistered=False)
    licence = _licence(name, published, request)
    require_acceptance(licence, request.accept_licence)
    weights = request.checkpoint or hub.fetch(_repository(name, published), _WEIGHTS)
    model = _create(name, weights, request.size)
    label = own_label(name, weights) if request.checkpoint else name
    return SourceModel(
        name=slug(label),
        space_id=request.space_id or f"{slug(label)}-{fingerprint(model)[:8]}",
        origin=f"timm {label}",
        image=model,
        preparation=from_timm(timm.data.resolve_data_config(_size(request.size), model=model)),
        text=None,
        logit_scale=1.0,
        logit_bias=0.0,
        licence=licence,
    )


def _create(name: str, weights: Path, size: int | None) -> Any:  # timm is not typed
    overrides = {} if size is None else {"img_size": size}
    try:
        model = timm_library().create_model(
            name,
            pretrained=True,
            pretrained_cfg_overlay={"state_dict": read_weights(weights)},
            num_classes=0,
            **overrides,
        )
    except (RuntimeError, KeyError) as exc:
        reason = " ".join(str(exc).split())[:300]
        raise CheckpointError(f"{weights.name} does not fit {name}: {reason}") from exc
    except TypeError as exc:
        raise UnknownModelError(f"{name} cannot change its picture size: leave --size out") from exc
    return model.eval().requires_grad_(False)


def _size(size: int | None) -> dict[str, object]:
    return {} if size is None else {"img_size": size}


def _repository(name: str, published: Any) -> str:
    repository = getattr(published, "hf_hub_id", None)
    if not repository:
        raise UnknownModelError(f"{name} has no published weights: add the tag (--pretrained), or --checkpoint FILE")
    return str(repository)


def _licence(name: str, published: Any, request: ExportRequest) -> Licence:
    """timm states a licence for each of its weights; our own table knows the families it does not."""
    stated = getattr(published, "license", None)
    if request.licence is not None or request.checkpoint is not None or not stated:
        return licence_of(name, request.pretrained, request.licence)
    forbids = "nc" in str(stated).lower().split("-")
    source = f"https://huggingface.co/{published.hf_hub_id}"
    return Licence(str(stated), not forbids, source, forbids)
