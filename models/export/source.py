"""What every kind of source gives the exporter: towers in torch, and all that must be known beside them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tokenizers import Tokenizer
from torch import Tensor, nn

from models.export.licences import Licence
from models.export.preparation import Preparation

Tokenize: TypeAlias = Callable[[Sequence[str]], Tensor]
"""Texts to int64 [n, context length], padded, as the source itself does it."""


@dataclass(frozen=True)
class TextSource:
    """A text tower as the source runs it, and perhaps a form of it for shorter rows."""

    padded: nn.Module
    """int64 [n, context length] to features [n, d]."""
    trimmable: nn.Module | None
    """The same for int64 [n, t], t up to the context length; None where padding takes part in the result."""
    tokenize: Tokenize
    tokenizer: Tokenizer
    """The same tokens without open_clip: cleaning, truncation and marks included."""
    context_length: int
    pad_id: int
    fingerprint: str


@dataclass(frozen=True)
class SourceModel:
    """A model in torch, in evaluation mode, before anything was folded."""

    name: str
    """Of the bundle, fit for a folder."""
    space_id: str
    origin: str
    """Where the weights come from, for people."""
    image: nn.Module
    """Normalised float32 [n, 3, size, size] to features [n, d]."""
    preparation: Preparation
    text: TextSource | None
    logit_scale: float
    logit_bias: float
    licence: Licence
