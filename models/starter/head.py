"""The trained part: two linear maps that bring pictures and sentences together, by InfoNCE.

Owns the maps and their training; what they are trained on is passed in. Reads as one recipe.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.starter.space import unit


@dataclass(frozen=True)
class Batch:
    """Standardised inputs [n, d], sentence vectors [n, 512], and concepts [n]: equal ones are positives."""

    pictures: Tensor
    sentences: Tensor
    concepts: Tensor


@dataclass(frozen=True)
class HeadRecipe:
    """The settings of the training."""

    steps: int = 600
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    picture_dropout: float = 0.3
    sentence_dropout: float = 0.1
    identity_pull: float = 1.0
    """How strongly the sentence map is held near the identity: this is what keeps 16 languages together."""
    first_scale: float = 15.0


class Head(nn.Module):
    """`pictures` maps standardised inputs, `sentences` sentence vectors; both to the same 512 dimensions."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.pictures = nn.Linear(inputs, width)
        self.sentences = nn.Linear(width, width)
        self.log_scale = nn.Parameter(torch.zeros(()))


def start_head(pictures: Tensor, sentences: Tensor, ridge: float, scale: float) -> Head:
    """A head that starts where ridge regression from `pictures` [n, d] to `sentences` [n, 512] leads."""
    inputs, width = pictures.shape[1], sentences.shape[1]
    mean = sentences.mean(dim=0)
    head = Head(inputs, width)
    gram = pictures.T @ pictures + ridge * torch.eye(inputs)
    weights = torch.linalg.solve(gram, pictures.T @ (sentences - mean))  # [d, 512]
    weights /= (pictures @ weights).norm(dim=1).mean()
    with torch.no_grad():
        head.pictures.weight.copy_(weights.T)
        head.pictures.bias.zero_()
        head.sentences.weight.copy_(torch.eye(width))
        head.sentences.bias.copy_(-mean)
        head.log_scale.fill_(torch.tensor(scale).log())
    return head


def train_head(head: Head, draw: Callable[[], Batch], recipe: HeadRecipe, report: Callable[[int, float], None]) -> None:
    """Train in place on the batches that `draw` gives; `report` hears step and loss."""
    decayed = {"params": list(head.pictures.parameters()), "weight_decay": recipe.weight_decay}
    free = {"params": [*head.sentences.parameters(), head.log_scale], "weight_decay": 0.0}
    optimiser = torch.optim.AdamW([decayed, free], lr=recipe.learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.learning_rate, total_steps=recipe.steps)
    for step in range(recipe.steps):
        batch = draw()
        left = unit(head.pictures(functional.dropout(batch.pictures, recipe.picture_dropout)))  # [n, 512]
        right = unit(head.sentences(functional.dropout(batch.sentences, recipe.sentence_dropout)))  # [n, 512]
        drift = head.sentences.weight - torch.eye(right.shape[1])
        loss = contrast(left, right, batch.concepts, head.log_scale.exp())
        loss = loss + recipe.identity_pull * drift.square().sum() / right.shape[1]
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        report(step, loss.item())
    head.requires_grad_(False)


def contrast(left: Tensor, right: Tensor, concepts: Tensor, scale: Tensor) -> Tensor:
    """Symmetric InfoNCE where every pair [n, n] of one concept is a positive; the targets share the mass evenly."""
    logits = scale * left @ right.T
    positive = (concepts[:, None] == concepts[None, :]).to(logits.dtype)
    targets = positive / positive.sum(dim=1, keepdim=True)
    forth = -(targets * logits.log_softmax(dim=1)).sum(dim=1).mean()
    back = -(targets * logits.T.log_softmax(dim=1)).sum(dim=1).mean()
    return (forth + back) / 2
