"""Emoji as several vendors draw them. Owns the vendors, the joining of files to codes, and the cached pictures."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from models.sources.drawing import DrawingError, cached, draw
from models.sources.emoji_names import EmojiName, normal_code, read_emoji_names
from models.sources.emoji_variants import find_variants
from models.sources.errors import SourceMissingError
from models.sources.fetch import package_folder
from models.sources.item import SourceItem, Variant
from models.sources.packages import EMOJIONE_V1, FLUENT_3D, FLUENT_FLAT, NOTO, NOTO_V1, OPENMOJI, TWEMOJI, Package

VENDORS: Mapping[str, Package] = {
    "noto": NOTO,
    "twemoji": TWEMOJI,
    "fluent-3d": FLUENT_3D,
    "fluent-flat": FLUENT_FLAT,
    "noto-v1": NOTO_V1,
    "openmoji": OPENMOJI,
    "emojione-v1": EMOJIONE_V1,
}
_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    ' viewBox="0 0 {width} {height}" width="{width}" height="{height}">{body}</svg>'
)


@dataclass(frozen=True)
class Drawing:
    """One emoji of a vendor, not drawn yet."""

    code: str
    svg: str


def read_emoji(data: Path, vendor: str) -> tuple[SourceItem, ...]:
    """The emoji of one of `VENDORS`, in the order of their codes.

    Raises:
        SourceMissingError: its pictures have not been made in `data`.
    """
    names = read_emoji_names(data)
    variants = find_variants({code: name.title for code, name in names.items()})
    pictures = _pictures(data, vendor)
    licence = VENDORS[vendor].licence
    return tuple(
        _item(vendor, pictures[code], names[code], variants.get(code), licence)
        for code in sorted(pictures.keys() & names.keys())
    )


def draw_emoji(data: Path, vendor: str) -> Iterator[str]:
    """Draws what is missing in the cache; yields each code that has its picture."""
    if vendor == "fluent-3d":
        return
    folder = data / "pictures" / vendor
    for drawing in _drawings(data, vendor):
        try:
            cached(folder / f"{drawing.code}.png", partial(draw, drawing.svg))
        except DrawingError:
            continue
        yield drawing.code


def _item(vendor: str, picture: Path, name: EmojiName, variant: Variant | None, licence: str) -> SourceItem:
    return SourceItem(
        source=vendor,
        id=name.code,
        picture=picture,
        title=name.title,
        keywords=name.keywords,
        group=name.group,
        subgroup=name.subgroup,
        licence=licence,
        texts=name.texts,
        variant=variant,
    )


def _pictures(data: Path, vendor: str) -> dict[str, Path]:
    """Code → picture. Fluent 3D comes as pictures of the right size; the others have been drawn."""
    if vendor == "fluent-3d":
        paths = (package_folder(FLUENT_3D, data) / "package/assets").glob("*.webp")
    else:
        paths = (data / "pictures" / vendor).glob("[!.]*.png")
    found = {normal_code(path.stem): path for path in paths}
    if not found:
        raise SourceMissingError(f"no pictures of {vendor} in {data}; run: make data")
    return found


def _drawings(data: Path, vendor: str) -> Iterator[Drawing]:
    """The vendor's icon set (Iconify's JSON: `icons`, sizes at the top, `chars.json` from code to name)."""
    folder = package_folder(VENDORS[vendor], data) / "package"
    icons = json.loads((folder / "icons.json").read_bytes())
    for code, name in sorted(_icon_names(data, folder).items()):
        icon = icons["icons"].get(name)
        if icon is not None:
            size = {side: icon.get(side, icons.get(side, 16)) for side in ("width", "height")}
            yield Drawing(code, _SVG.format(body=icon["body"], **size))


def _icon_names(data: Path, folder: Path) -> dict[str, str]:
    """Code → icon name. Sets of first versions have no codes: they are joined by Noto's names, which they share."""
    names: dict[str, str] = json.loads((folder / "chars.json").read_bytes())
    if not names:
        names = json.loads((package_folder(NOTO, data) / "package/chars.json").read_bytes())
    return {normal_code(code): name for code, name in names.items()}
