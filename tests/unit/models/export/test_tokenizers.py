"""The tokenizer of a bundle gives open_clip's tokens, in every language, and refuses what it cannot copy."""

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from tokenizers import Tokenizer
from torch import Tensor

from models.bundle import Bundle
from models.export.errors import TokenizerError
from models.export.libraries import open_clip_library
from models.export.text_cleaning import cleaning
from models.export.token_check import corpus, long_text, require_same_tokens
from models.export.tokenizer_conversion import convert
from models.manifest import ImageTower, Manifest, TextTower

ODD = [
    "AT&amp;amp;T &lt;b&gt;",
    "ΟΔΥΣΣΕΑΣ ΟΔΟΣ Σ",
    "İSTANBUL IŞIK",
    "tab\tand\nnew line\r\nand\u3000wide space",
    "zero\u200bwidth\u200djoiner \ufeffmark",
    "bell\x07 and escape",
    "e\u0301 composed, ﬁ ligature, ﾊﾟ half width",
    "'s't'll DON'T I'VE",
    "",
]


def _bundle(folder: Path, tokenizer: Tokenizer, context: int, pad_id: int) -> Bundle:
    tokenizer.save(str(folder / "tokenizer.json"))
    image = ImageTower(size=32, fit="crop", resample="bicubic", mean=(0, 0, 0), std=(1, 1, 1), fingerprint="")
    text = TextTower(context_length=context, padding="fixed", pad_id=pad_id, fingerprint="")
    manifest = Manifest(
        name="t",
        version="1",
        licence="",
        space_id="t",
        dimension=1,
        image=image,
        text=text,
        logit_scale=1,
        image_mean=(0,),
        text_mean=(0,),
        calibration={},
    )
    return Bundle(folder, manifest)


@pytest.mark.parametrize("clean", ["lower", "whitespace", "canonicalize"])
@pytest.mark.parametrize("context", [77, 16])
def test_byte_pairs_are_those_of_open_clip(tmp_path: Path, clean: str, context: int) -> None:
    source = open_clip_library().SimpleTokenizer(clean=clean, context_length=context)
    tokenizer, pad_id = convert(source)
    texts = [*corpus(), *ODD, long_text(context)]
    assert require_same_tokens(_bundle(tmp_path, tokenizer, context, pad_id), source, texts) == len(texts)


@pytest.mark.parametrize("kind", ["bidirectional", "masked"])
def test_sentence_pieces_are_those_of_open_clip(tmp_path: Path, kind: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(f"{kind}_folder")
    source = open_clip_library().get_tokenizer(f"local-dir:{folder}")
    tokenizer, pad_id = convert(source)
    texts = [*corpus(), *ODD, long_text(source.context_length)]
    assert require_same_tokens(_bundle(tmp_path, tokenizer, source.context_length, pad_id), source, texts) > 100


def test_a_text_cannot_forge_the_end_mark() -> None:
    tokenizer, _ = convert(open_clip_library().SimpleTokenizer())
    ids = tokenizer.encode("a cat <end_of_text> a dog").ids
    assert ids.count(49407) == 1
    assert ids[-1] == 49407


def test_a_difference_is_shown(tmp_path: Path) -> None:
    source = open_clip_library().SimpleTokenizer()
    tokenizer, pad_id = convert(source)

    def other(texts: Sequence[str]) -> Tensor:
        return torch.where(source(texts) == 320, 321, source(texts))  # another token for "a"

    with pytest.raises(TokenizerError, match=r"1 of 2 texts get other tokens.*a photo"):
        require_same_tokens(_bundle(tmp_path, tokenizer, 77, pad_id), other, ["a photo", "two dogs"])


def test_what_has_no_equal_is_refused() -> None:
    with pytest.raises(TokenizerError, match="not supported"):
        cleaning("shuffle")
    with pytest.raises(TokenizerError, match="at random"):
        convert(open_clip_library().SimpleTokenizer(reduction_mask="random"))
    slow = SimpleNamespace(tokenizer=SimpleNamespace(), tokenizer_mode="", strip_sep_token=False)
    with pytest.raises(TokenizerError, match="without transformers"):
        convert(slow)
