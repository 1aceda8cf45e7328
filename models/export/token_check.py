"""Proof that the bundle's tokenizer is the source's: token by token, on texts of many languages and scripts."""

import json
from collections.abc import Sequence
from importlib.resources import files

import numpy as np

from models.bundle import Bundle
from models.encoder import TextTokenizer
from models.export.errors import TokenizerError
from models.export.source import Tokenize

_SHOWN = 3


def corpus() -> tuple[str, ...]:
    """Sentences, names and product titles in some 70 languages, with the odd characters that catalogues have."""
    text = files("models.export").joinpath("corpus.json").read_text(encoding="utf-8")
    return tuple(str(line) for line in json.loads(text))


def long_text(context_length: int) -> str:
    """A text that is longer than the context, so that truncation is compared too."""
    return "a photo of a red canvas shoe " * context_length


def require_same_tokens(bundle: Bundle, source: Tokenize, texts: Sequence[str]) -> int:
    """Compare what serving does with what the source does; the number of texts.

    Raises: TokenizerError with the first texts that differ.
    """
    tower = bundle.manifest.text
    expected = source(list(texts)).numpy()  # [n, context length]
    found = np.full_like(expected, tower.pad_id)
    ids, _, _ = TextTokenizer(bundle)(texts)
    found[:, : ids.shape[1]] = ids
    different = [text for text, same in zip(texts, (found == expected).all(axis=1), strict=True) if not same]
    if different:
        shown = "; ".join(repr(text[:60]) for text in different[:_SHOWN])
        raise TokenizerError(f"{len(different)} of {len(texts)} texts get other tokens than in the source: {shown}")
    return len(texts)
