"""The contrastive loss and the training loop on a toy problem."""

import math

import torch

from models.starter.head import Batch, HeadRecipe, contrast, start_head, train_head


def test_perfect_pairs_cost_nothing_and_constant_ones_cost_log_n() -> None:
    identity, concepts, scale = torch.eye(4), torch.arange(4), torch.tensor(100.0)
    assert contrast(identity, identity, concepts, scale).item() < 1e-4
    same = torch.ones(4, 4) / 2
    assert math.isclose(contrast(same, same, concepts, scale).item(), math.log(4), rel_tol=1e-5)


def test_equal_concepts_are_no_negatives() -> None:
    left = torch.eye(2)[[0, 0, 1]]
    concepts = torch.tensor([7, 7, 8])
    assert math.isclose(contrast(left, left, concepts, torch.tensor(100.0)).item(), math.log(2) * 2 / 3, rel_tol=1e-4)


def test_training_brings_pairs_together() -> None:
    torch.manual_seed(0)
    pictures = torch.randn(32, 8)
    sentences = torch.nn.functional.normalize(pictures @ torch.randn(8, 6), dim=-1)
    head = start_head(pictures, sentences, ridge=1.0, scale=10.0)
    losses: list[float] = []
    recipe = HeadRecipe(steps=60, learning_rate=1e-2, picture_dropout=0.0, sentence_dropout=0.0)
    batch = Batch(pictures, sentences, torch.arange(32))
    train_head(head, lambda: batch, recipe, lambda _, loss: losses.append(loss))
    assert losses[-1] < losses[0] * 0.8
