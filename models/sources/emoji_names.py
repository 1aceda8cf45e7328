"""What emoji are called: English names, keywords and groups from emojibase, other languages from Unicode CLDR.

Knows no vendor and no picture. Codes are hexadecimal code points joined by `-`, upper case, without FE0F.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.sources.fetch import package_folder
from models.sources.packages import CLDR, CLDR_DERIVED, EMOJIBASE

LANGUAGES = ("de", "fr", "es", "it", "pt", "ru", "zh", "ja", "ko", "ar", "th", "tr", "pl", "nl")
_VARIATION_SELECTOR = "\ufe0f"


@dataclass(frozen=True)
class EmojiName:
    """One emoji as Unicode names it."""

    code: str
    title: str
    keywords: tuple[str, ...]
    group: str
    subgroup: str
    texts: Mapping[str, str]


def normal_code(hexcode: str) -> str:
    """`1f3c3-200d-2642-fe0f` → `1F3C3-200D-2642`: the form that joins vendors. Leading zeros go too."""
    points = (point.lstrip("0") for point in hexcode.upper().split("-"))
    return "-".join(point for point in points if point != "FE0F")


def read_emoji_names(data: Path) -> dict[str, EmojiName]:
    """Every named emoji by its code; single regional letters and bare components are left out."""
    folder = package_folder(EMOJIBASE, data) / "package"
    groups = _read(folder / "meta" / "groups.json")
    translations = {language: _translations(data, language) for language in LANGUAGES}
    names = (_name(entry, groups, translations) for entry in _entries(folder / "en" / "data.json"))
    return {name.code: name for name in names}


def _entries(path: Path) -> Iterator[Mapping[str, Any]]:
    """Emoji and their skin tone variants; a variant inherits the keywords of its emoji."""
    for entry in _read(path):
        if "group" not in entry:
            continue
        yield entry
        for skin in entry.get("skins", []):
            yield {"tags": entry.get("tags", []), **skin}


def _name(
    entry: Mapping[str, Any], groups: Mapping[str, Any], translations: Mapping[str, Mapping[str, str]]
) -> EmojiName:
    title = entry["label"].replace("\u2019", "'")
    character = entry["emoji"].replace(_VARIATION_SELECTOR, "")
    found = {language: names[character] for language, names in translations.items() if character in names}
    return EmojiName(
        code=normal_code(entry["hexcode"]),
        title=title,
        keywords=tuple(tag.replace("\u2019", "'") for tag in entry.get("tags", []) if tag != title),
        group=groups["groups"][str(entry["group"])],
        subgroup=groups["subgroups"][str(entry["subgroup"])],
        texts={"en": title, **found},
    )


def _translations(data: Path, language: str) -> dict[str, str]:
    """Emoji character without FE0F → its name."""
    plain = package_folder(CLDR, data) / "package/annotations" / language / "annotations.json"
    derived = package_folder(CLDR_DERIVED, data) / "package/annotationsDerived" / language / "annotations.json"
    entries = {
        **_read(plain)["annotations"]["annotations"],
        **_read(derived)["annotationsDerived"]["annotations"],
    }
    return {
        character.replace(_VARIATION_SELECTOR, ""): entry["tts"][0]
        for character, entry in entries.items()
        if "tts" in entry
    }


def _read(path: Path) -> Any:
    return json.loads(path.read_bytes())
