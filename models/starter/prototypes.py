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


@dataclass(frozen=True)
class Prototypes:
    """Class means [classes, d], and the root [d, d] of the covariance that spreads examples around them."""

    means: Tensor
    root: Tensor

    def sample(self, classes: Tensor, spread: float, generator: torch.Generator) -> Tensor:
        """One example [n, d] of each of `classes` [n]."""
        noise = torch.randn(len(classes), self.root.shape[0], generator=generator)
        return self.means[classes] + spread * noise @ self.root.T


def fit_prototypes(inputs: Tensor, rows: Tensor) -> Prototypes:
    """`inputs` [n, d] are pooled features, `rows` [classes, d] the classifier's weights."""
    mean = inputs.mean(dim=0)
    centred = inputs - mean
    covariance = centred.T @ centred / len(inputs)
    means = mean + rows @ covariance
    root = torch.linalg.cholesky(covariance + _RIDGE * torch.eye(len(covariance)))
    return Prototypes(means, root)
