"""ImageNet prototypes: where a linear classifier expects its classes."""

import torch

from models.starter.prototypes import agreement, fit_prototypes


def test_the_classifier_recognises_its_prototypes_and_their_examples() -> None:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.rand(400, 16, generator=generator)
    rows = torch.randn(5, 16, generator=generator)
    biases = -rows @ inputs.mean(dim=0)  # at the mean no class is preferred
    prototypes = fit_prototypes(inputs, rows, biases)
    assert agreement(prototypes.means, rows, biases) >= 0.9
    classes = torch.arange(5).repeat(20)
    examples = prototypes.sample(classes, 0.1, generator)
    assert examples.shape == (100, 16)
    assert float(((examples @ rows.T + biases).argmax(dim=1) == classes).float().mean()) > 0.8
