"""To be imported before torchvision. Beside the CPU build of torch its compiled operators are missing, and it fails
on import unless two of them are at least declared; a working torchvision has them and is left alone."""

import contextlib

import torch

for name in ("nms", "qnms"):
    with contextlib.suppress(RuntimeError):
        torch.library.define(f"torchvision::{name}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
