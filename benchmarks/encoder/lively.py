"""Weights of real architectures whose signal survives, without any training.

Stock initialisation gives every picture the same vector, which hides any damage. Here each matrix and each
convolution keeps the variance of what goes in, embeddings of words outweigh those of places, scales of layers are
one, and batch norms get the statistics of what they see. For measuring speed, and for tests of the exporter; such a
model finds nothing.
"""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

_PLACES = ("positional_embedding", "pos_embed", "class_embedding", "cls_token", "position_embeddings.weight")
_SCALES = ("gamma", "layer_scale", "ls1", "ls2")
_PROJECTIONS = ("proj", "text_projection")


def enliven(model: nn.Module, tower: nn.Module, pictures: Tensor, seed: int = 0) -> None:
    """Replace all weights in place; `tower` is the picture tower and `pictures` float32 [n, 3, size, size]."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in model.modules():
            _module(module, random)
        for name, parameter in model.named_parameters():
            _parameter(name, parameter, random)
        _take_statistics(tower, pictures)


def noise(size: int, count: int = 24, seed: int = 1) -> Tensor:
    """Pictures of soft blobs, float32 [n, 3, size, size] around zero."""
    random = torch.Generator().manual_seed(seed)
    coarse = torch.randn(count, 3, 8, 8, generator=random)
    return nn.functional.interpolate(coarse, size=(size, size), mode="bicubic")


def save_lively(model: Any, tower: nn.Module, pictures: Tensor, path: Path) -> None:
    """Enliven a model and write its weights as safetensors."""
    enliven(model, tower, pictures)
    save_file({name: value.contiguous().clone() for name, value in model.state_dict().items()}, path)


def _module(module: nn.Module, random: torch.Generator) -> None:
    if isinstance(module, nn.Linear | nn.Conv2d):
        module.weight.normal_(0, module.weight[0].numel() ** -0.5, generator=random)
        if module.bias is not None:
            module.bias.normal_(0, 0.05, generator=random)
    elif isinstance(module, nn.Embedding):
        module.weight.normal_(0, 1, generator=random)
    elif isinstance(module, nn.MultiheadAttention):
        assert module.in_proj_weight is not None
        module.in_proj_weight.normal_(0, 1.5 * module.embed_dim**-0.5, generator=random)


def _parameter(name: str, parameter: nn.Parameter, random: torch.Generator) -> None:
    last = name.rsplit(".", maxsplit=1)[-1]
    if any(scale in name for scale in _SCALES):
        parameter.fill_(1.0)
    elif name.endswith(_PLACES):
        parameter.normal_(0, 0.1, generator=random)
    elif last in _PROJECTIONS:
        parameter.normal_(0, parameter.shape[0] ** -0.5, generator=random)


def _take_statistics(tower: nn.Module, pictures: Tensor) -> None:
    """Run the tower once while its batch norms average over what they see."""
    norms = [module for module in tower.modules() if isinstance(module, nn.BatchNorm2d)]
    if not norms:
        return
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    tower.train()
    tower(pictures)
    tower.eval()
