"""Everything between frozen features and a finished space that is fitted, not trained: means and projections."""

from collections.abc import Sequence

import torch
from torch import Tensor

from models.starter.space import Aligned, PictureWords, SentenceWords, Standardise, Visual, unit
from models.starter.vocabulary import Vocabulary

_SMALLEST_DEVIATION = 1e-3
CERTAIN = 14.0
"""A logit that leaves the softmax almost nothing else."""


def fit_standardise(inputs: Tensor) -> Standardise:
    """`inputs` [n, d] of the training pictures."""
    return Standardise(inputs.mean(dim=0), inputs.std(dim=0) + _SMALLEST_DEVIATION)


def fit_picture_words(vocabulary: Vocabulary, logits: Tensor) -> PictureWords:
    """`logits` [n, 1000] of the training pictures give the mean."""
    members, information = torch.from_numpy(vocabulary.members), torch.from_numpy(vocabulary.information)
    words = PictureWords(members, information, torch.zeros(len(information)))
    words.mean = words.weigh(logits).mean(dim=0)
    return words


def fit_sentence_words(vocabulary: Vocabulary, nodes: Tensor, sentences: Tensor) -> SentenceWords:
    """`nodes` [v, 512] stand for the vocabulary, `sentences` [n, 512] of the training titles give the mean."""
    words = SentenceWords(nodes.T.contiguous(), torch.from_numpy(vocabulary.information), torch.zeros(len(nodes)))
    words.mean = words.near(sentences).mean(dim=0)
    return words


def node_vectors(texts: Sequence[Sequence[str]], sentences: dict[str, Tensor]) -> Tensor:
    """The mean sentence vector of each node's texts, unit length. [v, 512]"""
    return torch.stack([unit(torch.stack([sentences[text] for text in group]).mean(dim=0)) for group in texts])


def fit_aligned(heads: Tensor, words: Tensor, words_weight: float, width: int) -> Aligned:
    """One projection for pictures and texts: the main axes of [head, words] over every class and every node.

    Fitted on the training pictures it would keep what icons need and lose what photographs say.
    `heads` [n, 512], `words` [n, v]. Uncentred: the projection keeps dot products, not variances.
    """
    scale = (1.0 + words_weight) ** -0.5
    blocks = torch.cat([scale * heads, scale * words_weight**0.5 * words], dim=-1)  # [n, 512 + v]
    _, axes = torch.linalg.eigh(blocks.T @ blocks)
    main = axes[:, -width:].flip(dims=(1,))  # [512 + v, k]
    split = heads.shape[1]
    return Aligned((scale * main[:split]).contiguous(), (scale * words_weight**0.5 * main[split:]).contiguous())


def fit_visual(features: Tensor, thumbnails: Tensor, weight: float, width: int) -> Visual:
    """Main axes of what the training pictures look like."""
    inputs = features.shape[1] + thumbnails.shape[1]
    visual = Visual(torch.zeros(inputs), torch.empty(inputs, width), weight)
    looks = visual.look(features, thumbnails)
    visual.mean = looks.mean(dim=0)
    centred = looks - visual.mean
    _, axes = torch.linalg.eigh(centred.T @ centred)
    visual.projection = axes[:, -width:].flip(dims=(1,)).contiguous()
    return visual
