"""Models of open_clip: architecture by name, weights from the hub, a file or a folder.

Nothing is loaded by open_clip itself, so that every file passes `models.export.weights` and every download
`models.export.hub`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from models.export import hub
from models.export.errors import CheckpointError, UnknownModelError
from models.export.libraries import open_clip_library
from models.export.licences import licence_of, require_acceptance
from models.export.naming import own_label, slug
from models.export.preparation import Preparation, from_open_clip
from models.export.quiet import quiet
from models.export.request import ExportRequest
from models.export.source import SourceModel, TextSource
from models.export.tokenizer_conversion import convert
from models.export.towers import CausalText, MaskedText
from models.export.weights import fingerprint, load_into, read_weights

HUB_SCHEME, FOLDER_SCHEME = "hf-hub:", "local-dir:"
_WEIGHT_FILES = (hub.SAFE_WEIGHTS, "model.safetensors", hub.TORCH_WEIGHTS)
_NOT_TEXT = ("visual.", "logit_")
_END_POOLS = ("argmax", "eos")


@dataclass(frozen=True)
class _Origin:
    """Where architecture, picture configuration and weights of a request come from."""

    architecture: str
    """What open_clip calls it: a name, or a folder with `local-dir:`."""
    pictures: Mapping[str, object]
    weights: Path
    label: str
    quick_gelu: bool = False


def knows(name: str) -> bool:
    """Whether this module can serve the name."""
    return name.startswith((HUB_SCHEME, FOLDER_SCHEME)) or name in open_clip_library().list_models()


def load(request: ExportRequest) -> SourceModel:
    """The model of the request in evaluation mode; raises an ExportError."""
    if request.size is not None:
        raise UnknownModelError(f"{request.name} has one picture size: leave --size out")
    licence = licence_of(request.name, request.pretrained, request.licence)
    require_acceptance(licence, request.accept_licence)  # before anything is fetched
    origin = _locate(request)
    model = _create(origin)
    _load_weights(model, origin)
    pictures = {"size": model.visual.image_size, **{k: v for k, v in origin.pictures.items() if k != "size"}}
    bias = model.logit_bias
    return SourceModel(
        name=slug(origin.label),
        space_id=request.space_id or f"{slug(origin.label)}-{fingerprint(model)[:8]}",
        origin=origin.label,
        image=model.visual,
        preparation=_preparation(pictures),
        text=_text(model, origin.architecture),
        logit_scale=float(model.logit_scale.exp()),
        logit_bias=0.0 if bias is None else float(bias),
        licence=licence,
    )


def _locate(request: ExportRequest) -> _Origin:
    name = request.name
    if name.startswith(HUB_SCHEME):
        return _in_folder(hub.fetch_repository(name.removeprefix(HUB_SCHEME)), Path(name).name)
    if name.startswith(FOLDER_SCHEME):
        folder = Path(name.removeprefix(FOLDER_SCHEME))
        return _in_folder(folder, folder.name)
    tag = _tag_configuration(name, request.pretrained)
    if request.checkpoint is not None:
        return _from_file(name, tag, request.checkpoint)
    if request.pretrained is None:
        tags = ", ".join(open_clip_library().list_pretrained_tags_by_model(name)) or "none"
        raise UnknownModelError(
            f"say which weights of {name}: --pretrained TAG (there are: {tags}), or --checkpoint FILE"
        )
    weights = hub.fetch_weights(str(tag["hf_hub"]))
    beside = hub.fetch_if_there(str(tag["hf_hub"]).rpartition("/")[0], hub.CONFIG)
    pictures = {**tag, **(_picture_part(beside) if beside else {})}
    return _Origin(name, pictures, weights, f"{name}-{request.pretrained}", bool(tag.get("quick_gelu")))


def _in_folder(folder: Path, label: str) -> _Origin:
    found = [folder / file for file in _WEIGHT_FILES if (folder / file).is_file()]
    if not (folder / hub.CONFIG).is_file() or not found:
        raise CheckpointError(f"{folder} must hold {hub.CONFIG} and one of {', '.join(_WEIGHT_FILES)}")
    return _Origin(f"{FOLDER_SCHEME}{folder}", _picture_part(folder / hub.CONFIG), found[0], label)


def _from_file(name: str, tag: Mapping[str, Any], checkpoint: Path) -> _Origin:
    """Weights of the user's; their picture configuration lies beside them, or is the published one."""
    beside = checkpoint.parent / hub.CONFIG
    pictures = {**(tag or _agreed_configuration(name)), **(_picture_part(beside) if beside.is_file() else {})}
    return _Origin(name, pictures, checkpoint, own_label(name, checkpoint), bool(tag.get("quick_gelu")))


def _agreed_configuration(name: str) -> Mapping[str, Any]:
    """The picture configuration of an architecture, where all published weights agree on one."""
    library = open_clip_library()
    tags = library.list_pretrained_tags_by_model(name)
    found = [_picture_words(library.get_pretrained_cfg(name, tag)) for tag in tags]
    if found and all(other == found[0] for other in found):
        return found[0]
    raise CheckpointError(
        f"the published weights of {name} prepare pictures in different ways: add --pretrained TAG ({', '.join(tags)}) "
        f"to say which way your file has, or put its {hub.CONFIG} beside it"
    )


def _tag_configuration(name: str, tag: str | None) -> Mapping[str, Any]:
    if tag is None:
        return {}
    library = open_clip_library()
    found: dict[str, Any] = library.get_pretrained_cfg(name, tag)
    if not found:
        raise UnknownModelError(f"{name} has no tag {tag!r}; there are: {library.list_pretrained_tags_by_model(name)}")
    return found


def _picture_words(config: Mapping[str, Any]) -> dict[str, Any]:
    words = ("mean", "std", "interpolation", "resize_mode", "fill_color")
    return {word: config[word] for word in words if word in config}


def _picture_part(config: Path) -> dict[str, Any]:
    try:
        return _picture_words(json.loads(config.read_text(encoding="utf-8"))["preprocess_cfg"])
    except (ValueError, KeyError) as exc:
        raise CheckpointError(f"{config} is not a configuration of open_clip with a preprocess_cfg") from exc


def _preparation(pictures: Mapping[str, object]) -> Preparation:
    if "mean" not in pictures or "std" not in pictures:
        raise CheckpointError("the checkpoint's configuration does not state mean and std of its pictures")
    return from_open_clip(pictures)


def _create(origin: _Origin) -> Any:  # open_clip is not typed
    with quiet():
        try:
            model = open_clip_library().create_model(
                origin.architecture,
                load_weights=False,
                pretrained_text=False,
                force_quick_gelu=origin.quick_gelu,
            )
        except (OSError, ValueError) as exc:  # a text tower of transformers reads its own configuration
            raise hub.unavailable(f"the configuration of {origin.architecture}", exc) from exc
    return model.eval().requires_grad_(False)


def _load_weights(model: nn.Module, origin: _Origin) -> None:
    """After open_clip's own conversions of older and other people's layouts."""
    library = open_clip_library()
    weights = library.convert.convert_state_dict(model, read_weights(origin.weights))
    if "positional_embedding" in weights and not hasattr(model, "positional_embedding"):
        weights = library.model.convert_to_custom_text_state_dict(weights)
    weights.pop("text.transformer.embeddings.position_ids", None)  # older transformers stored what it can count
    for name in ("logit_scale", "logit_bias"):
        own = getattr(model, name, None)
        if name in weights and own is not None:
            weights[name] = weights[name].reshape(own.shape)
    load_into(model, weights, origin.weights.name)


def _text(model: Any, architecture: str) -> TextSource:
    library = open_clip_library()
    with quiet():
        try:
            tokenizer = library.get_tokenizer(architecture)
        except (OSError, ValueError) as exc:
            raise hub.unavailable(f"the tokenizer of {architecture}", exc) from exc
    made, pad_id = convert(tokenizer)
    return TextSource(
        padded=_Padded(model),
        trimmable=_trimmable(model),
        tokenize=tokenizer,
        tokenizer=made,
        context_length=int(tokenizer.context_length),
        pad_id=pad_id,
        fingerprint=fingerprint(model, without=_NOT_TEXT),
    )


class _Padded(nn.Module):
    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Any) -> Any:
        return self.model.encode_text(input_ids)


def _trimmable(model: Any) -> nn.Module | None:
    """The form for shorter rows, where the design promises that padding does not matter."""
    library = open_clip_library()
    text = getattr(model, "text", model)
    if hasattr(text, "pooler"):
        return MaskedText(text)
    pool = getattr(text, "text_pool_type", getattr(text, "pool_type", ""))
    causal = getattr(text, "attn_mask", None) is not None and getattr(text, "cls_emb", None) is None
    if not causal or pool not in _END_POOLS:
        return None
    eos = getattr(text, "text_eos_id", getattr(text, "eos_id", None))
    return CausalText(text, pool, eos, library.transformer.text_global_pool)
