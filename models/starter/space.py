"""The vector space of the starter model: what turns frozen features into one vector. In torch, for export.

Image = [a · aligned, b · visual], text = [aligned, 0], each of unit length; aligned = head and vocabulary
blocks side by side, projected together. Text to picture compares the aligned part only, so `b` never
changes its order; picture to picture also compares what no words say.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.starter.vocabulary import KERNEL_SHARPNESS, PROBABILITY_GAIN, TEMPERATURE


class PictureWords(nn.Module):
    """Class logits [n, 1000] to how much a picture shows of each WordNet node, [n, v], unit length."""

    members: Tensor
    information: Tensor
    mean: Tensor

    def __init__(self, members: Tensor, information: Tensor, mean: Tensor) -> None:
        super().__init__()
        self.register_buffer("members", members)  # uint8 [1000, v]
        self.register_buffer("information", information)  # [v]
        self.register_buffer("mean", mean)  # [v]

    def weigh(self, logits: Tensor) -> Tensor:
        """Before the mean is taken away. [n, v]"""
        nodes = torch.softmax(logits / TEMPERATURE, dim=-1) @ self.members.to(torch.float32)
        return torch.log1p(PROBABILITY_GAIN * nodes) * self.information

    def forward(self, logits: Tensor) -> Tensor:
        return unit(self.weigh(logits) - self.mean)


class SentenceWords(nn.Module):
    """Sentence vectors [n, 512] to how near a text is to each WordNet node, [n, v], unit length."""

    nodes: Tensor
    information: Tensor
    mean: Tensor

    def __init__(self, nodes: Tensor, information: Tensor, mean: Tensor) -> None:
        super().__init__()
        self.register_buffer("nodes", nodes)  # [512, v]
        self.register_buffer("information", information)  # [v]
        self.register_buffer("mean", mean)  # [v]

    def near(self, sentences: Tensor) -> Tensor:
        """Before the mean is taken away. [n, v]"""
        return unit(torch.exp(KERNEL_SHARPNESS * (sentences @ self.nodes - 1.0)))

    def forward(self, sentences: Tensor) -> Tensor:
        return unit((self.near(sentences) - self.mean) * self.information)


class Standardise(nn.Module):
    """(x - mean) / deviation, fitted on the training pictures."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, mean: Tensor, deviation: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)  # [d]
        self.register_buffer("deviation", deviation)  # [d]

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.mean) / self.deviation


class Aligned(nn.Module):
    """Head block [n, 512] and vocabulary block [n, v], both of unit length, to the aligned part [n, k]."""

    from_head: Tensor
    from_words: Tensor

    def __init__(self, from_head: Tensor, from_words: Tensor) -> None:
        super().__init__()
        self.register_buffer("from_head", from_head)  # [512, k]
        self.register_buffer("from_words", from_words)  # [v, k]

    def forward(self, head: Tensor, words: Tensor) -> Tensor:
        return unit(head @ self.from_head + words @ self.from_words)


class Visual(nn.Module):
    """Pooled features [n, 1280] and a thumbnail [n, t] to what a picture looks like, [n, m], unit length."""

    mean: Tensor
    projection: Tensor

    def __init__(self, mean: Tensor, projection: Tensor, thumbnail_weight: float) -> None:
        super().__init__()
        self.thumbnail_weight = thumbnail_weight
        self.register_buffer("mean", mean)  # [1280 + t]
        self.register_buffer("projection", projection)  # [1280 + t, m]

    def look(self, features: Tensor, thumbnail: Tensor) -> Tensor:
        """Square roots tame the few features that fire strongly. [n, 1280 + t]"""
        return torch.cat([unit(features.clamp_min(0.0).sqrt()), self.thumbnail_weight * thumbnail], dim=-1)

    def forward(self, features: Tensor, thumbnail: Tensor) -> Tensor:
        return unit((self.look(features, thumbnail) - self.mean) @ self.projection)


def join(aligned: Tensor, visual: Tensor, visual_share: float) -> Tensor:
    """The picture's vector [n, k + m]: `visual_share` of its squared length is the visual part."""
    return torch.cat([(1 - visual_share) ** 0.5 * aligned, visual_share**0.5 * visual], dim=-1)


def widen(aligned: Tensor, by: int) -> Tensor:
    """The text's vector [n, k + m]: nothing in the visual part."""
    return functional.pad(aligned, (0, by))


def unit(x: Tensor) -> Tensor:
    """Rows of length 1. [n, d]; fewer nodes in the graph than `functional.normalize`."""
    return x / x.square().sum(dim=-1, keepdim=True).sqrt().clamp_min(1e-12)
