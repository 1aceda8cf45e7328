"""Which pictures are trained on, and with which texts. Owns the licence rule and the split's enforcement.

Only permissive sources; an item that mentions a held-out noun anywhere is dropped; skin tone variants
come from one supplier only and with English names only, because they would drown everything else.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from models.sources import SourceItem
from models.starter.split import mentions

TRAINING_LICENCES = frozenset({"public-domain", "Apache-2.0", "MIT", "CC-BY-4.0"})
SKIN_TONES_FROM = "noto"
_KEYWORDS_ALONE = 6


@dataclass(frozen=True)
class Example:
    """A picture with the texts that may stand for it (repeated by weight); equal concepts are positives."""

    item: SourceItem
    concept: str
    texts: tuple[str, ...]


def training_examples(
    sources: Iterable[Sequence[SourceItem]], held_out: frozenset[str], languages: int
) -> tuple[Example, ...]:
    """The examples of all sources; `languages` is the weight of each name in another language than English."""
    return tuple(
        Example(item, item.title.lower(), texts_of(item, languages))
        for items in sources
        for item in items
        if is_trainable(item, held_out)
    )


def is_trainable(item: SourceItem, held_out: frozenset[str]) -> bool:
    """May the item be trained on?"""
    if item.licence not in TRAINING_LICENCES:
        return False
    if has_skin_tone(item) and item.source != SKIN_TONES_FROM:
        return False
    return not mentions((item.title, *item.keywords), held_out)


def has_skin_tone(item: SourceItem) -> bool:
    """Is it an emoji with a skin tone?"""
    return item.variant is not None and "skin tone" in item.variant.axes


def texts_of(item: SourceItem, languages: int) -> tuple[str, ...]:
    """Title, title with keywords, keywords alone and together, names in other languages.

    Of a skin tone variant only what tells it from its siblings: its title and its modification.
    """
    if item.variant is not None and has_skin_tone(item):
        return (item.title, item.title, f"{item.variant.axes['skin tone']} skin tone")
    keywords = ", ".join(item.keywords)
    together = (keywords, f"{item.title}, {keywords}") if keywords else ()
    return (*(item.title,) * 3, *together, *item.keywords[:_KEYWORDS_ALONE], *_foreign(item.texts, languages))


def _foreign(texts: Mapping[str, str], weight: int) -> tuple[str, ...]:
    return tuple(text for language, text in texts.items() if language != "en" for _ in range(weight))
