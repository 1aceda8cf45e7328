"""Which things the demo catalogue holds. Owns the choice; reads records, makes no files.

Emoji: what all three suppliers draw, without flags, signs and letters; every gender and profession, but skin tones only
of a few families, so that composed search has something to find and the catalogue stays small. Clip art: a list of
drawings that were looked at one by one, with a title that says what is on them (`demo_clipart.tsv`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from models.sources.demo_groups import EMOJI_GROUPS
from models.sources.item import SourceItem

SUPPLIERS: Mapping[str, str] = {"fluent-3d": "fluent 3d", "noto": "noto", "twemoji": "twemoji"}
"""Vendor → the supplier's name in the catalogue."""
_SYMBOLS = {"geometric", "arrow"}
_TINY = re.compile(r"small|medium|button")
_LEFT_OUT = {"person-symbol", "other-object"}
_UNWANTED = {"middle finger", "selfie", "biting lip", "bomb", "water pistol", "drop of blood", "anatomical heart"}
_TONES = {"light", "medium", "dark"}
_TONED_ROLES = {"", "astronaut", "firefighter", "cook", "artist", "farmer", "health worker"}
_TONED = {"child", "baby", "dancing", "waving hand", "thumbs up", "clapping hands", "flexed biceps", "person running"}
_PICKS = Path(__file__).with_name("demo_clipart.tsv")


def choose_emoji(vendors: Mapping[str, Sequence[SourceItem]]) -> tuple[SourceItem, ...]:
    """The wanted emoji of every vendor that all of them draw, by code and vendor."""
    codes = set.intersection(*({item.id for item in items} for items in vendors.values()))
    chosen = (item for items in vendors.values() for item in items if item.id in codes and is_wanted(item))
    return tuple(sorted(chosen, key=lambda item: (item.id, item.source)))


def choose_clipart(items: Sequence[SourceItem], picks: Path = _PICKS) -> tuple[SourceItem, ...]:
    """The picked drawings, under their picked titles; the maker's own title becomes a keyword."""
    by_id = {item.id: item for item in items}
    rows = (line.split("\t") for line in picks.read_text(encoding="utf-8").splitlines())
    return tuple(_retitled(by_id[identifier], title) for identifier, title in rows)


def is_wanted(item: SourceItem) -> bool:
    """Whether an emoji belongs in the demo."""
    if item.group not in EMOJI_GROUPS or item.subgroup in _LEFT_OUT or item.title.lower() in _UNWANTED:
        return False
    if item.group == "symbols":
        return item.subgroup in _SYMBOLS and item.variant is not None and not _TINY.search(item.title)
    if item.subgroup == "family":
        return "holding hands" in item.title and "tone" not in item.title
    if item.subgroup == "person-gesture" and item.variant is not None:
        return not item.variant.axes
    return not item.title.endswith("-thirty") and _has_wanted_tone(item)


def _has_wanted_tone(item: SourceItem) -> bool:
    axes = item.variant.axes if item.variant is not None else {}
    if item.variant is None or "skin tone" not in axes:
        return True
    if axes["skin tone"] not in _TONES or "hair" in axes or "direction" in axes:
        return False
    family = item.variant.family
    return family in _TONED or (family == "adult" and "gender" in axes and axes.get("role", "") in _TONED_ROLES)


def _retitled(item: SourceItem, title: str) -> SourceItem:
    own = (item.title,) if item.title not in title else ()
    return replace(item, title=title, keywords=tuple(word for word in own + item.keywords if word != title))
