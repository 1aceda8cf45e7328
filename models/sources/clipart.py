"""openclipart's drawings (public domain): which of them are usable, their cached pictures, and their reader.

Preparing costs minutes, so its outcome is kept: `<data>/pictures/openclipart/items.jsonl`, one usable drawing a line.
"""

import hashlib
import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from PIL import Image

from models.sources.clipart_texts import (
    ClipartName,
    ClipartText,
    clean_clipart,
    collection_titles,
    parse_clipart,
)
from models.sources.drawing import DrawingError, cached, draw, on_white, trim
from models.sources.errors import SourceMissingError
from models.sources.fetch import package_folder
from models.sources.item import SourceItem
from models.sources.packages import OPENCLIPART

SOURCE = "openclipart"
_NO_THINGS = (
    "shapes/",
    "special/",
    "logos/",
    "buttons/",
    "computer/icons/",
    "computer/folders/",
    "computer/buttons/",
    "recreation/games/cards/",
    "signs_and_symbols/led/",
    "unsorted/duplicates/",
)
"""Folders of generated stars, user interface themes and the like."""


@dataclass(frozen=True)
class Clipart:
    """A drawing with usable words, not drawn yet."""

    path: PurePosixPath
    name: ClipartName


def read_clipart(data: Path) -> tuple[SourceItem, ...]:
    """The usable drawings, in the order of their paths.

    Raises:
        SourceMissingError: they have not been prepared in `data`.
    """
    listing = _listing(data)
    if not listing.exists():
        raise SourceMissingError(f"no {SOURCE} in {data}; run: make data")
    with listing.open(encoding="utf-8") as lines:
        return tuple(_item(data, json.loads(line)) for line in lines)


def draw_clipart(data: Path) -> Iterator[str]:
    """Draws what is missing, drops what is blank or has been seen, and lists the rest; yields each path."""
    seen: set[str] = set()
    lines: list[str] = []
    for clipart in _named(data):
        yield clipart.path.as_posix()
        picture = _drawn(data, clipart.path)
        if picture is None:
            continue
        look = _look(picture)
        if look not in seen:
            seen.add(look)
            lines.append(_line(clipart))
    listing = _listing(data)
    listing.parent.mkdir(parents=True, exist_ok=True)
    incoming = listing.with_suffix(".incoming")
    incoming.write_text("".join(lines), encoding="utf-8")
    incoming.replace(listing)


def _named(data: Path) -> list[Clipart]:
    texts = dict(_texts(data))
    collections = collection_titles(texts.values())
    cliparts = (Clipart(path, clean_clipart(path, text, collections)) for path, text in texts.items())
    return [clipart for clipart in cliparts if clipart.name.title]


def _texts(data: Path) -> Iterator[tuple[PurePosixPath, ClipartText]]:
    folder = _svgs(data)
    for file in sorted(folder.rglob("*.svg")):
        path = PurePosixPath(file.relative_to(folder).as_posix())
        if not path.as_posix().startswith(_NO_THINGS):
            try:
                yield path, parse_clipart(file.read_text(encoding="utf-8", errors="replace"))
            except ET.ParseError:
                continue


def _drawn(data: Path, path: PurePosixPath) -> Path | None:
    def make() -> Image.Image:
        return trim(draw((_svgs(data) / path).read_text(encoding="utf-8", errors="replace"), side=512))

    try:
        return cached(_picture(data, path), make)
    except DrawingError:
        return None


def _look(picture: Path) -> str:
    """Equal for pictures that look the same at 24 pixels in 16 levels a channel."""
    with Image.open(picture) as opened:
        small = on_white(opened).resize((24, 24), Image.Resampling.BOX)
    return hashlib.sha256(bytes(level >> 4 for level in small.tobytes())).hexdigest()


def _line(clipart: Clipart) -> str:
    name = clipart.name
    row = {"path": clipart.path.as_posix(), "title": name.title, "keywords": name.keywords, **_original(name)}
    return json.dumps(row, ensure_ascii=False) + "\n"


def _original(name: ClipartName) -> dict[str, str]:
    return {"language": name.language, "original": name.original} if name.original else {}


def _item(data: Path, row: dict[str, str]) -> SourceItem:
    path = PurePosixPath(row["path"])
    folders = [part.replace("_", " ") for part in path.parts[:-1]]
    texts = {"en": row["title"]} | ({row["language"]: row["original"]} if "original" in row else {})
    return SourceItem(
        source=SOURCE,
        id=path.with_suffix("").as_posix(),
        picture=_picture(data, path),
        title=row["title"],
        keywords=tuple(row["keywords"]),
        group=folders[0],
        subgroup=folders[1] if len(folders) > 1 else "",
        licence=OPENCLIPART.licence,
        texts=texts,
    )


def _svgs(data: Path) -> Path:
    return package_folder(OPENCLIPART, data) / "usr/share/openclipart/svg"


def _picture(data: Path, path: PurePosixPath) -> Path:
    return data / "pictures" / SOURCE / path.with_suffix(".png")


def _listing(data: Path) -> Path:
    return data / "pictures" / SOURCE / "items.jsonl"
