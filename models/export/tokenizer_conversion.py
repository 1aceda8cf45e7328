"""open_clip's tokenizers as one `tokenizer.json` that needs nothing of open_clip.

Owns the conversion; `models.export.token_check` shows that it holds. Marks ("start of text") have no entry among
the added tokens on purpose: somebody who types their name gets it spelt out, and never forges a mark.
"""

from typing import Any

from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import BPE
from tokenizers.normalizers import Normalizer

from models.export.errors import TokenizerError
from models.export.text_cleaning import cleaning

_START, _END = "<start_of_text>", "<end_of_text>"
_WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
_CLEANING = {"_clean_lower": "lower", "_clean_whitespace": "whitespace", "_clean_canonicalize": "canonicalize"}


def convert(source: Any) -> tuple[Tokenizer, int]:  # open_clip is not typed
    """The converted tokenizer, which truncates to the context and keeps the end mark, and the id of padding."""
    if hasattr(source, "bpe_ranks"):
        tokenizer, pad_id = _byte_pairs(source), 0
    elif hasattr(source, "tokenizer"):
        tokenizer, pad_id = _hugging_face(source)
    else:
        raise TokenizerError(f"the tokenizer {type(source).__name__} is not supported")
    tokenizer.no_padding()
    tokenizer.enable_truncation(int(source.context_length))
    return tokenizer, pad_id


def _byte_pairs(source: Any) -> Tokenizer:
    """CLIP's own: lower case, words, byte pairs with an end-of-word mark."""
    if source.reduction_fn is not None:
        raise TokenizerError("this model drops tokens at random while tokenising, which a bundle does not do")
    merges = sorted(source.bpe_ranks, key=source.bpe_ranks.get)
    model = BPE(vocab=source.encoder, merges=merges, continuing_subword_prefix="", end_of_word_suffix="</w>")
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Sequence(_steps(source))
    words = pre_tokenizers.Split(Regex(_WORDS), behavior="removed", invert=True)
    bytes_of_words = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([words, bytes_of_words])
    marks = [(_START, int(source.sot_token_id)), (_END, int(source.eot_token_id))]
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{_START} $A {_END}", special_tokens=marks)
    return tokenizer


def _hugging_face(source: Any) -> tuple[Tokenizer, int]:
    """The fast tokenizer of transformers, behind open_clip's cleaning."""
    backend = getattr(source.tokenizer, "backend_tokenizer", None)
    if backend is None or source.tokenizer_mode or source.strip_sep_token:
        raise TokenizerError("this model's tokenizer has no form that works without transformers")
    if source.tokenizer.padding_side != "right":
        raise TokenizerError("this model pads its texts on the left, which a bundle does not do")
    tokenizer = Tokenizer.from_str(backend.to_str())
    own = [tokenizer.normalizer] if tokenizer.normalizer is not None else []
    tokenizer.normalizer = normalizers.Sequence([*_steps(source), *own])
    return tokenizer, int(source.tokenizer.pad_token_id)


def _steps(source: Any) -> list[Normalizer]:
    name = getattr(source.clean_fn, "__name__", "")
    if name not in _CLEANING:
        raise TokenizerError(f"the text cleaning {name!r} of this model is not supported")
    return cleaning(_CLEANING[name])
