"""The vocabulary part: a space whose axes are WordNet nodes, made without any training.

Owns which nodes there are, which ImageNet classes lie below each, how much information each carries,
and the texts that stand for it. The torch forward passes are in `space`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.starter.wordnet import Synset, above

MAX_LEAVES = 250
"""Nodes above more classes than this say too little ("entity")."""
TEMPERATURE = 1.5
PROBABILITY_GAIN = 200.0
KERNEL_SHARPNESS = 20.0


@dataclass(frozen=True)
class Vocabulary:
    """v nodes over the classes of the classifier."""

    keys: tuple[str, ...]
    members: NDArray[np.uint8]  # [classes, v], 1 where the class is below the node or is it
    information: NDArray[np.float32]  # [v], 1 for a class, towards 0 for wide nodes
    texts: tuple[tuple[str, ...], ...]  # of each node


def build_vocabulary(classes: Sequence[str], names: Sequence[Sequence[str]], nouns: Mapping[str, Synset]) -> Vocabulary:
    """`classes` are the synset keys of the classifier's outputs in order, `names` their everyday names."""
    leaves: dict[str, list[int]] = {}
    for index, key in enumerate(classes):
        for node in above(key, nouns):
            leaves.setdefault(node, []).append(index)
    keys = tuple(sorted(node for node, found in leaves.items() if len(found) <= MAX_LEAVES))
    members = np.zeros((len(classes), len(keys)), dtype=np.uint8)
    for column, node in enumerate(keys):
        members[leaves[node], column] = 1
    everyday = dict(zip(classes, names, strict=True))
    texts = tuple(node_texts(nouns[node], everyday.get(node, ()), nouns) for node in keys)
    return Vocabulary(keys, members, information(members), texts)


def information(members: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Information content of each node [v]: -log of its share of the classes, scaled to 1 for a single class."""
    share = members.sum(axis=0) / len(members)
    return np.asarray(np.log(share) / np.log(1 / len(members)), dtype=np.float32)


def node_texts(synset: Synset, everyday: Sequence[str], nouns: Mapping[str, Synset]) -> tuple[str, ...]:
    """The texts whose mean sentence vector stands for a node: names, the wider meaning, the gloss."""
    names = tuple(dict.fromkeys([*everyday, *synset.names]))
    wider = [nouns[key].names[0] for key in synset.wider]
    return (*names, ", ".join(names), *(f"{names[0]}, {name}" for name in wider), f"{names[0]}: {synset.gloss}")
