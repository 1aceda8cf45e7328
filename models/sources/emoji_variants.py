"""Which emoji are the same thing but for one change. Owns families and axes; reads codes and English titles only.

Axes: `skin tone`, `gender`, `hair`, `role` (a profession or what the person uses), `colour`, `time` (clock faces),
`direction` (arrows, people facing right), `phase` (moons).
"""

import re
from collections import defaultdict
from collections.abc import Mapping

from models.sources.item import Variant

_TONES = {"1F3FB": "light", "1F3FC": "medium-light", "1F3FD": "medium", "1F3FE": "medium-dark", "1F3FF": "dark"}
_SIGNS = {"2642": "man", "2640": "woman"}
_ADULTS = {"1F9D1": "", "1F468": "man", "1F469": "woman"}
_HAIR = {"1F9B0": "red", "1F9B1": "curly", "1F9B2": "bald", "1F9B3": "white"}
_GENDERED = {
    "1F466": ("child", "boy"),
    "1F467": ("child", "girl"),
    "1F9D2": ("child", ""),
    "1F474": ("older person", "man"),
    "1F475": ("older person", "woman"),
    "1F9D3": ("older person", ""),
    "1F934": ("person with crown", "man"),
    "1F478": ("person with crown", "woman"),
    "1FAC5": ("person with crown", ""),
    "1F57A": ("dancing", "man"),
    "1F483": ("dancing", "woman"),
}
_CLOCKS = range(0x1F550, 0x1F568)
_MOONS = range(0x1F311, 0x1F319)
_JOINER, _RIGHT = "200D", "27A1"
_COLOUR = re.compile(r"\b(light blue|red|orange|yellow|green|blue|purple|brown|black|white|grey|pink)\b ?")
_ARROW = re.compile(r"^((?:up|down|left|right)(?:-(?:up|down|left|right))?) arrow$")


def find_variants(titles: Mapping[str, str]) -> dict[str, Variant]:
    """Code → place in a family, for every emoji of `titles` (code → English title) that has a sibling."""
    placed = {code: _place(code, title, titles) for code, title in titles.items()}
    placed.update(_coloured({code: titles[code] for code, variant in placed.items() if not variant.axes}))
    members: dict[str, set[str]] = defaultdict(set)
    for code, variant in placed.items():
        members[variant.family].add(code)
    return {code: variant for code, variant in placed.items() if len(members[variant.family]) > 1}


def _place(code: str, title: str, titles: Mapping[str, str]) -> Variant:
    if (arrow := _ARROW.match(title)) is not None:
        return Variant("arrow", {"direction": arrow[1]})
    if "-" not in code and int(code, 16) in _CLOCKS:
        return Variant("clock", {"time": title})
    if "-" not in code and int(code, 16) in _MOONS:
        return Variant("moon", {"phase": title.removesuffix(" moon")})
    return _place_person(code, titles)


def _place_person(code: str, titles: Mapping[str, str]) -> Variant:
    points = code.split("-")
    axes = {"skin tone": " and ".join(_TONES[point] for point in points if point in _TONES)}
    parts = "-".join(point for point in points if point not in _TONES).split(f"-{_JOINER}-")
    if _RIGHT in parts[1:]:
        axes["direction"] = "right"
    axes["gender"] = next((_SIGNS[part] for part in parts[1:] if part in _SIGNS), "")
    parts = parts[:1] + [part for part in parts[1:] if part not in _SIGNS and part != _RIGHT]
    family, more = _root(parts, titles)
    axes.update(more)
    return Variant(family, {axis: value for axis, value in axes.items() if value})


def _root(parts: list[str], titles: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The family that is left when skin tone, sign and direction are taken away, and the axes its root tells."""
    first = parts[0]
    if first in _ADULTS and len(parts) == 1:
        return "adult", {"gender": _ADULTS[first]}
    if first in _ADULTS and len(parts) == 2 and parts[1] in _HAIR:
        return "adult", {"gender": _ADULTS[first], "hair": _HAIR[parts[1]]}
    if first in _ADULTS and len(parts) == 2 and f"1F9D1-{_JOINER}-{parts[1]}" in titles:
        return "adult", {"gender": _ADULTS[first], "role": titles[f"1F9D1-{_JOINER}-{parts[1]}"]}
    if len(parts) == 1 and first in _GENDERED:
        family, gender = _GENDERED[first]
        return family, {"gender": gender} if gender else {}
    code = f"-{_JOINER}-".join(parts)
    return titles.get(code, code), {}


def _coloured(titles: Mapping[str, str]) -> dict[str, Variant]:
    """Things told apart by a colour word, and the uncoloured thing where there is one: `cat`, `black cat`."""
    families: dict[str, dict[str, str]] = defaultdict(dict)
    for code, title in titles.items():
        colours = _COLOUR.findall(title)
        if len(colours) == 1:
            families[_COLOUR.sub("", title).strip()][code] = colours[0]
    for code, title in titles.items():
        if title in families:
            families[title][code] = ""
    return {
        code: Variant(family, {"colour": colour} if colour else {})
        for family, members in families.items()
        if len(members) > 1
        for code, colour in members.items()
    }
