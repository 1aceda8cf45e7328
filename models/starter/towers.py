"""The two towers of the starter bundle, whole: pixels to vector and token ids to vector. In torch, for export."""

from torch import Tensor, nn

from models.starter.image_tower import Frozen, FrozenTower
from models.starter.space import Aligned, PictureWords, SentenceWords, Standardise, Visual, join, unit, widen
from models.starter.text_tower import SentenceEncoder

VISUAL_SHARE = 0.5
"""Until it is tuned."""


class PictureSpace(nn.Module):
    """Frozen features to the picture's vector."""

    def __init__(
        self, standardise: Standardise, head: nn.Linear, words: PictureWords, aligned: Aligned, visual: Visual
    ) -> None:
        super().__init__()
        self.standardise, self.head, self.words = standardise, head, words
        self.aligned, self.visual = aligned, visual
        self.visual_share = VISUAL_SHARE

    def head_block(self, frozen: Frozen) -> Tensor:
        """float32 [n, 512], unit length."""
        return unit(self.head(self.standardise(frozen.features)))

    def forward(self, frozen: Frozen) -> Tensor:
        aligned = self.aligned(self.head_block(frozen), self.words(frozen.logits))
        return join(aligned, self.visual(frozen.features, frozen.thumbnail), self.visual_share)


class SentenceSpace(nn.Module):
    """Sentence vectors to the text's vector."""

    def __init__(self, head: nn.Linear, words: SentenceWords, aligned: Aligned, visual_width: int) -> None:
        super().__init__()
        self.head, self.words, self.aligned = head, words, aligned
        self.visual_width = visual_width

    def forward(self, sentences: Tensor) -> Tensor:
        aligned = self.aligned(unit(self.head(sentences)), self.words(sentences))
        return widen(aligned, self.visual_width)


class ImageTower(nn.Module):
    """Pixels uint8 [n, 224, 224, 3] to (embedding [n, d], class logits [n, 1000])."""

    def __init__(self, frozen: FrozenTower, space: PictureSpace) -> None:
        super().__init__()
        self.frozen, self.space = frozen, space

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        frozen = self.frozen(pixels)
        return self.space(frozen), frozen.logits


class TextTower(nn.Module):
    """Token ids and mask, int64 [n, t], to (embedding [n, d], sentence vector [n, 512])."""

    def __init__(self, sentence: SentenceEncoder, space: SentenceSpace) -> None:
        super().__init__()
        self.sentence, self.space = sentence, space

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        sentences = self.sentence(input_ids, attention_mask)
        return self.space(sentences), sentences
