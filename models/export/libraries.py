"""The way to open_clip and timm. Owns the cure that lets them import beside a torchvision without kernels.

torchvision registers fake kernels of `nms` on import and fails where its binary part does not fit the CPU build
of torch. Declaring the two operators first is enough: nothing here calls them.
"""

from importlib import import_module
from types import ModuleType

import torch

_NMS = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


def open_clip_library() -> ModuleType:
    """The package `open_clip`."""
    _declare_missing_operators()
    return import_module("open_clip")


def timm_library() -> ModuleType:
    """The package `timm`."""
    _declare_missing_operators()
    return import_module("timm")


def _declare_missing_operators() -> None:
    for operator in ("nms", "qnms"):
        try:
            torch.library.define(f"torchvision::{operator}", _NMS)
        except RuntimeError:  # a working torchvision, or an earlier call, has declared it
            return
