"""Training batches: real pictures with one of their texts each, and ImageNet prototypes with one of theirs."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from models.starter.head import Batch
from models.starter.prototypes import Prototypes
from models.starter.space import Standardise


class BatchSource:
    """Draws batches with its own generator, so that a run repeats."""

    def __init__(
        self,
        inputs: Tensor,  # [n, d], not standardised
        concepts: Sequence[str],
        texts: Sequence[Sequence[str]],
        class_texts: Sequence[Sequence[str]],
        sentences: Mapping[str, Tensor],
        prototypes: Prototypes,
        standardise: Standardise,
        seed: int,
    ) -> None:
        self._inputs, self._prototypes, self._standardise = inputs, prototypes, standardise
        numbers = {concept: number for number, concept in enumerate(dict.fromkeys(concepts))}
        self._concepts = torch.tensor([numbers[concept] for concept in concepts])
        self._first_class = len(numbers)
        self._choices = [torch.stack([sentences[text] for text in group]) for group in (*texts, *class_texts)]
        self._generator = torch.Generator().manual_seed(seed)

    def draw(self, size: int, prototype_share: float, spread: float) -> Batch:
        """`size` rows, `prototype_share` of them prototypes with noise of `spread` deviations."""
        of_class = round(size * prototype_share)
        rows = self._below(len(self._inputs), size - of_class)
        classes = self._below(len(self._prototypes.means), of_class)
        inputs = torch.cat([self._inputs[rows], self._prototypes.sample(classes, spread, self._generator)])
        groups = torch.cat([rows, classes + len(self._inputs)])
        concepts = torch.cat([self._concepts[rows], classes + self._first_class])
        return Batch(self._standardise(inputs), self._one_text_each(groups), concepts)

    def _one_text_each(self, groups: Tensor) -> Tensor:
        """float32 [n, 512]"""
        chosen = [self._choices[group] for group in groups.tolist()]
        return torch.stack([texts[int(self._below(len(texts), 1))] for texts in chosen])

    def _below(self, bound: int, count: int) -> Tensor:
        return torch.randint(bound, (count,), generator=self._generator)
