"""Towers as graphs of a bundle carry them: pixels or token ids in, vectors of unit length out.

Owns folding (several branches of a training-time block become one) and the forms of the text towers.
"""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity, normalize

from models.export.errors import ParityError
from models.export.libraries import timm_library
from models.export.preparation import Preparation

MIN_PARITY = 0.9999


class ImageTower(nn.Module):
    """uint8 [n, size, size, 3] to float32 [n, d] of unit length."""

    mean: Tensor
    std: Tensor

    def __init__(self, tower: nn.Module, preparation: Preparation) -> None:
        super().__init__()
        self.tower = tower
        self.register_buffer("mean", torch.tensor(preparation.mean))
        self.register_buffer("std", torch.tensor(preparation.std))

    def forward(self, pixels: Tensor) -> Tensor:
        x = (pixels.to(torch.float32) - self.mean) / self.std
        return normalize(self.tower(x.permute(0, 3, 1, 2)), dim=-1)


class TextTower(nn.Module):
    """int64 [n, t] to float32 [n, d] of unit length."""

    def __init__(self, tower: nn.Module) -> None:
        super().__init__()
        self.tower = tower

    def forward(self, input_ids: Tensor) -> Tensor:
        return normalize(self.tower(input_ids), dim=-1)


class InHalf(nn.Module):
    """A copy of a tower in float16, with float32 in front of it and behind: both ends need the range."""

    def __init__(self, tower: nn.Module) -> None:
        super().__init__()
        self.tower = deepcopy(tower).half()

    def forward(self, inputs: Tensor) -> Tensor:
        found: Tensor = self.tower(inputs.half() if inputs.is_floating_point() else inputs)
        return found.float()


class CausalText(nn.Module):
    """open_clip's own text transformer for rows shorter than its context.

    No token sees what comes after it and the result is read at the end mark, so that padding behind it changes
    nothing. open_clip itself takes full rows only.
    """

    def __init__(self, parts: nn.Module, pool_type: str, eos_id: int | None, pool: Callable[..., Tensor]) -> None:
        super().__init__()
        self.parts: Any = parts  # a `TextTransformer`, or a `CLIP`, which has the same parts
        self.pool_type, self.eos_id, self.pool = pool_type, eos_id, pool

    def forward(self, input_ids: Tensor) -> Tensor:
        width = input_ids.shape[1]
        x = self.parts.token_embedding(input_ids) + self.parts.positional_embedding[:width]
        x = self.parts.transformer(x, attn_mask=self.parts.attn_mask[:width, :width])
        x = self.parts.ln_final(x)
        # int32: some engines have no ArgMax over int64
        x = self.pool(x, input_ids.to(torch.int32), pool_type=self.pool_type, eos_token_id=self.eos_id)
        projection = self.parts.text_projection
        if projection is None:
            return x
        return projection(x) if isinstance(projection, nn.Linear) else x @ projection  # type: ignore[no-any-return]


class MaskedText(nn.Module):
    """open_clip's adapter of a Hugging Face text model, without the token outputs that search does not need.

    Padding is masked in attention and in pooling.
    """

    def __init__(self, adapter: nn.Module) -> None:
        super().__init__()
        self.adapter: Any = adapter

    def forward(self, input_ids: Tensor) -> Tensor:
        mask = (input_ids != self.adapter.config.pad_token_id).long()
        states = self.adapter.transformer(input_ids=input_ids, attention_mask=mask)
        return self.adapter.proj(self.adapter.pooler(states, mask))  # type: ignore[no-any-return]


def fold(tower: nn.Module) -> nn.Module:
    """A copy with its training-time branches folded into one; the same module where there is nothing to fold."""
    folded: nn.Module = timm_library().models.reparameterize_model(tower)
    return folded.eval()


def least_cosine(left: Tensor, right: Tensor) -> float:
    """Of two lists of vectors [n, d], row by row, in float64: float32 itself errs in the seventh digit."""
    return float(cosine_similarity(left.double(), right.double(), dim=-1).min())


def require_parity(cosine: float, what: str) -> float:
    """The cosine; raises ParityError below 0.9999 (a NaN is below)."""
    if not cosine >= MIN_PARITY:
        raise ParityError(f"{what}: least cosine {cosine:.6f} on the probe, must be {MIN_PARITY}; no bundle was made")
    return cosine


@torch.inference_mode()
def ignores_padding(text: nn.Module, trimmable: nn.Module, ids: Tensor, pad_id: int) -> bool:
    """Whether rows cut to the longest text of the batch give the vectors of rows padded to the context."""
    used = int((ids != pad_id).sum(dim=1).max())
    return least_cosine(text(ids), trimmable(ids[:, :used])) >= 1.0 - 1e-6


def width_of(tower: nn.Module, example: Tensor) -> int:
    """The dimension of the vectors."""
    with torch.inference_mode():
        return int(tower(example).shape[-1])
