"""Training examples without training pictures: where the classifier expects each class to lie.

A linear classifier trained on features of shared covariance S has the rows S^-1 (class mean - mean)
(linear discriminant analysis), so class mean = mean + S row; noise of covariance S makes examples of it.
S and the mean are those of the training pictures: ImageNet's own are not in the package.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

_RIDGE = 1e-4
"""Added to the covariance's diagonal: some features never fire on drawings."""


_STRENGTHS = (1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0)
_ENOUGH = 0.9
_SHRINKAGE = 0.5
"""Towards a round covariance: that of drawings says little about the features that photographs use."""


@dataclass(frozen=True)
class Prototypes:
    """Class means [classes, d], and the root [d, d] of the covariance that spreads examples around them."""

    means: Tensor
    root: Tensor

    def sample(self, classes: Tensor, spread: float, generator: torch.Generator) -> Tensor:
        """One example [n, d] of each of `classes` [n]."""
        noise = torch.randn(len(classes), self.root.shape[0], generator=generator)
        return self.means[classes] + spread * noise @ self.root.T


def fit_prototypes(inputs: Tensor, rows: Tensor, biases: Tensor) -> Prototypes:
    """`inputs` [n, d] are pooled features, `rows` [classes, d] and `biases` [classes] the classifier's.

    Drawings vary less than photographs, so the step from the mean is lengthened until the classifier agrees.
    """
    mean = inputs.mean(dim=0)
    centred = inputs - mean
    covariance = centred.T @ centred / len(inputs)
    rounded = covariance.diagonal().mean() * torch.eye(len(covariance))
    steps = (rows - rows.mean(dim=0)) @ torch.lerp(covariance, rounded, _SHRINKAGE)  # [classes, d]
    root = torch.linalg.cholesky(covariance + _RIDGE * torch.eye(len(covariance)))
    means = mean
    for strength in _STRENGTHS:
        means = (mean + strength * steps).clamp_min(0.0)  # features are never negative
        if agreement(means, rows, biases) >= _ENOUGH:
            break
    return Prototypes(means, root)


def agreement(means: Tensor, rows: Tensor, biases: Tensor) -> float:
    """Share of the means [classes, d] that the classifier gives their own class."""
    return float(((means @ rows.T + biases).argmax(dim=1) == torch.arange(len(means))).float().mean())
