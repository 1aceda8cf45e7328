"""Codes, names, families and vendors' drawings of emoji, from files made here."""

import json
from pathlib import Path

import pytest

from models.sources import SourceMissingError, Variant, read_emoji
from models.sources.emoji import draw_emoji
from models.sources.emoji_names import LANGUAGES, normal_code
from models.sources.emoji_variants import find_variants
from models.sources.packages import CLDR, CLDR_DERIVED, EMOJIBASE, NOTO, NOTO_V1

_APPLE = "1F34E"
_RED_SQUARE = '<rect width="16" height="16" fill="#f00"/>'


def _write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    packages = tmp_path / "packages"
    emojibase = packages / EMOJIBASE.folder / "package"
    _write(emojibase / "meta/groups.json", {"groups": {"4": "food-drink"}, "subgroups": {"42": "food-fruit"}})
    apple = {
        "label": "red apple",
        "hexcode": _APPLE,
        "emoji": "🍎",
        "tags": ["red", "fruit"],
        "group": 4,
        "subgroup": 42,
    }
    _write(emojibase / "en/data.json", [apple, {"label": "letter A", "hexcode": "1F1E6", "emoji": "🇦"}])
    for language in LANGUAGES:
        entries = {"🍎": {"default": [], "tts": [f"apple in {language}"]}}
        _write(
            packages / CLDR.folder / "package/annotations" / language / "annotations.json",
            {"annotations": {"annotations": entries}},
        )
        _write(
            packages / CLDR_DERIVED.folder / "package/annotationsDerived" / language / "annotations.json",
            {"annotationsDerived": {"annotations": {}}},
        )
    for package, codes in ((NOTO, {"1f34e": "red-apple"}), (NOTO_V1, {})):
        folder = packages / package.folder / "package"
        _write(folder / "icons.json", {"icons": {"red-apple": {"body": _RED_SQUARE}}, "width": 16, "height": 16})
        _write(folder / "chars.json", codes)
    return tmp_path


@pytest.mark.parametrize(
    ("hexcode", "code"),
    [("1f3c3-200d-2642-fe0f", "1F3C3-200D-2642"), ("0023-FE0F-20E3", "23-20E3"), ("2764", "2764")],
)
def test_codes_of_all_vendors_become_one_form(hexcode: str, code: str) -> None:
    assert normal_code(hexcode) == code


def test_an_emoji_has_its_picture_and_its_names_in_every_language(data: Path) -> None:
    assert list(draw_emoji(data, "noto")) == [_APPLE]
    (apple,) = read_emoji(data, "noto")
    assert (apple.id, apple.title, apple.keywords) == (_APPLE, "red apple", ("red", "fruit"))
    assert (apple.group, apple.subgroup, apple.licence) == ("food-drink", "food-fruit", "Apache-2.0")
    assert apple.picture.exists()
    assert apple.texts["en"] == "red apple"
    assert apple.texts["th"] == "apple in th"


def test_a_first_version_without_codes_is_joined_by_name(data: Path) -> None:
    assert list(draw_emoji(data, "noto-v1")) == [_APPLE]


def test_reading_before_drawing_says_what_to_run(data: Path) -> None:
    with pytest.raises(SourceMissingError, match="make data"):
        read_emoji(data, "noto")


def test_families_tell_tone_gender_role_and_hair() -> None:
    variants = find_variants(
        {
            "1F9D1": "person",
            "1F9D1-200D-1F680": "astronaut",
            "1F469-1F3FF-200D-1F680": "woman astronaut: dark skin tone",
            "1F468-200D-1F9B0": "man: red hair",
            "1F3C3": "person running",
            "1F3C3-1F3FB-200D-2640-200D-27A1": "woman running facing right: light skin tone",
        }
    )
    assert variants["1F9D1"] == Variant("adult", {})
    assert variants["1F9D1-200D-1F680"] == Variant("adult", {"role": "astronaut"})
    woman = {"skin tone": "dark", "gender": "woman", "role": "astronaut"}
    assert variants["1F469-1F3FF-200D-1F680"] == Variant("adult", woman)
    assert variants["1F468-200D-1F9B0"] == Variant("adult", {"gender": "man", "hair": "red"})
    runner = {"skin tone": "light", "direction": "right", "gender": "woman"}
    assert variants["1F3C3-1F3FB-200D-2640-200D-27A1"] == Variant("person running", runner)


def test_families_tell_colour_time_direction_and_phase() -> None:
    variants = find_variants(
        {
            "1F499": "blue heart",
            "1FA75": "light blue heart",
            "1F408": "cat",
            "1F408-200D-2B1B": "black cat",
            "1F550": "one o'clock",
            "1F551": "two o'clock",
            "2B06": "up arrow",
            "2197": "up-right arrow",
            "1F315": "full moon",
            "1F311": "new moon",
            "2642": "male sign",
        }
    )
    assert variants["1FA75"] == Variant("heart", {"colour": "light blue"})
    assert variants["1F408"] == Variant("cat", {})
    assert variants["1F408-200D-2B1B"] == Variant("cat", {"colour": "black"})
    assert variants["1F550"] == Variant("clock", {"time": "one o'clock"})
    assert variants["2197"] == Variant("arrow", {"direction": "up-right"})
    assert variants["1F311"] == Variant("moon", {"phase": "new"})
    assert "2642" not in variants, "no sibling, no family"
