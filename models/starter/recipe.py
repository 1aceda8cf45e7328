"""Every setting of the starter model in one place. Change one, run `make starter`, read the report."""

from dataclasses import dataclass, field

from models.starter.head import HeadRecipe


@dataclass(frozen=True)
class Recipe:
    """What the shipped bundle was made with."""

    version: str = "1.0.0"
    seed: int = 0
    backbone: str = "efficientnet-lite0"
    emoji_vendors: tuple[str, ...] = ("noto", "twemoji", "fluent-3d", "fluent-flat")
    foreign_names_weight: int = 1
    """How often each name in another language stands among an item's texts (the English title stands thrice)."""
    batch_size: int = 512
    prototype_share: float = 0.5
    """Of a batch: ImageNet prototypes instead of pictures."""
    prototype_spread: float = 0.7
    ridge: float = 3000.0
    head: HeadRecipe = field(default_factory=HeadRecipe)
    words_weight: float = 1.0
    """Of the vocabulary block beside the head block, in the aligned score."""
    aligned_width: int = 576
    visual_width: int = 192
    thumbnail_weight: float = 0.35
    visual_shares: tuple[float, ...] = (0.4, 0.5, 0.6, 0.7, 0.8)
    """The candidates for `b` squared; the best one on seen concepts is shipped."""
    context_length: int = 128
