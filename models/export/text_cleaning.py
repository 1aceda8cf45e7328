"""What open_clip does to a text before it looks for tokens, as steps of a `tokenizer.json`.

open_clip repairs a text with ftfy and unescapes HTML. Owns the part of that which single characters and short
patterns decide: widths, ligatures, quotes, control characters, composition, the common entities. Not there, so
that such texts get other tokens than in open_clip: the repair of text decoded in the wrong encoding ("cafÃ©"),
terminal escapes, rare entities.
"""

import string
from collections.abc import Iterator

from ftfy.chardata import CONTROL_CHARS, DOUBLE_QUOTE_RE, LIGATURES, SINGLE_QUOTE_RE, WIDTH_MAP
from tokenizers import Regex, normalizers
from tokenizers.normalizers import Normalizer

from models.export.errors import TokenizerError

_ENTITIES = (
    ("&amp;", "&"),
    ("&quot;", '"'),
    ("&#39;", "'"),
    ("&apos;", "'"),
    ("&nbsp;", " "),
    ("&lt;", "<"),
    ("&gt;", ">"),
)
_ESCAPED_TWICE = 2
_FINAL_SIGMA = r"(?<=\p{L})Σ(?!\p{L})"


def cleaning(kind: str) -> list[Normalizer]:
    """The steps of one of open_clip's cleaning functions, by its name (`lower`, `whitespace`, `canonicalize`)."""
    steps = list(_repair())
    if kind == "canonicalize":
        steps += [normalizers.Replace("_", " "), normalizers.Replace(Regex(_one_of(string.punctuation)), "")]
    if kind in ("canonicalize", "lower"):
        # Python lowers a sigma at the end of a word to its final form, the tokenizer's Lowercase does not.
        steps += [normalizers.Replace(Regex(_FINAL_SIGMA), "ς"), normalizers.Lowercase()]
    elif kind != "whitespace":
        raise TokenizerError(f"the text cleaning {kind!r} of this model is not supported")
    return [*steps, normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]


def _repair() -> Iterator[Normalizer]:
    for entity, character in _ENTITIES * _ESCAPED_TWICE:
        yield normalizers.Replace(entity, character)
    for code, plain in (*LIGATURES.items(), *WIDTH_MAP.items()):
        yield normalizers.Replace(chr(code), plain)
    yield normalizers.Replace(Regex(SINGLE_QUOTE_RE.pattern), "'")
    yield normalizers.Replace(Regex(DOUBLE_QUOTE_RE.pattern), '"')
    yield normalizers.Replace(Regex(_one_of("".join(map(chr, CONTROL_CHARS)))), "")
    yield normalizers.NFC()


def _one_of(characters: str) -> str:
    """A character class of these, each written as a code point: none can mean something else in it."""
    return "[" + "".join(f"\\x{{{ord(character):x}}}" for character in characters) + "]"
