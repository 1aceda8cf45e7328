"""The converted tokenizer gives the ids of SentencePiece itself, on thousands of sentences in 16 languages."""

import random

import pytest
from sentencepiece import SentencePieceProcessor
from tokenizers import Tokenizer

from models.starter.sentence_weights import package_file
from models.starter.tokenizer import convert

PHRASES = {
    "ar": "حذاء رياضي أحمر من القماش، تفاحة خضراء على الطاولة",
    "de": "Ein roter Turnschuh aus Segeltuch; die größte Straßenlaterne für 39,90 €",
    "en": "A red canvas shoe: it's 20 % cheaper (size 42½), isn't it?",
    "es": "¿Dónde está la niña con el paraguas amarillo? ¡Aquí!",
    "fr": "L'été dernier, un chien noir courait près de l'église à Nîmes",
    "it": "Perché non c'è più il caffè nella tazzina blu",
    "ja": "赤いキャンバスシューズ、テーブルの上のりんご。ﾊﾝｶｸ",
    "ko": "빨간 캔버스 신발과 탁자 위의 사과",
    "nl": "Een blauwe fiets met een 's ochtends gekocht mandje",
    "pl": "Żółta łódź płynie po rzece wśród drzew",
    "pt": "O coração não é uma maçã, avó",
    "ru": "Красная обувь из холста и ёжик на столе",
    "th": "รองเท้าผ้าใบสีแดงและแอปเปิ้ลบนโต๊ะ",
    "tr": "Kırmızı bez ayakkabı, masanın üstündeki İzmir üzümü",
    "zh": "红色帆布鞋，桌子上的苹果",
    "zh-TW": "紅色帆布鞋，桌子上的蘋果",
}
ODD = [
    "  two   spaces ", "tab\tand\nnewline", "ﬁne ½ ① ™", "🍎 apple 👩🏽‍🚀", "<s> hi </s>", "<unk>", "a\u200bb\u00a0c",
    "e\u0301 = é", "\u3000全角　空白", "UPPER lower", "www.example.com/a?b=1&c=2", "x" * 300, "▁ already", "", " ",
]  # fmt: skip


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_buffer(convert(package_file("sp.model")))


@pytest.fixture(scope="module")
def reference() -> SentencePieceProcessor:
    return SentencePieceProcessor(model_file=str(package_file("sp.model")))


def sentences() -> list[str]:
    """4,000 mixtures of words of one or two languages, and every odd text."""
    shuffle = random.Random(1)
    texts = [*PHRASES.values(), *ODD]
    for _ in range(4000):
        words = " ".join(shuffle.sample(list(PHRASES.values()), shuffle.choice([1, 1, 2]))).split()
        shuffle.shuffle(words)
        texts.append(" ".join(words[: shuffle.randint(1, 12)]))
    return texts


def test_same_ids(tokenizer: Tokenizer, reference: SentencePieceProcessor) -> None:
    texts = sentences()
    expected = reference.encode(texts, add_bos=True, add_eos=True)
    actual = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    assert [text for text, a, b in zip(texts, actual, expected, strict=True) if a != b] == []


def test_conversion_repeats() -> None:
    assert convert(package_file("sp.model")) == convert(package_file("sp.model"))
