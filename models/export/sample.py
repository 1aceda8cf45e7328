"""The pictures, and the texts beside them, that an export measures on.

Texts are looked for in this order: `captions.jsonl` or `catalogue.jsonl` in the folder or above it (rows with
`picture`, `image` or `file`, and `text`, `title` or `caption`), else `NAME.txt` beside `NAME.jpg` (first line).
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from models.arrays import Pixels
from models.errors import PictureError
from models.export.errors import CalibrationDataError
from models.pictures import Preprocessing, open_picture, to_pixels

_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp")
_LISTS = ("captions.jsonl", "catalogue.jsonl")
_SHARE = 0.8
"""Side of the part that is cut out of a picture to get a second view of it."""


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore")
    picture: str = Field(validation_alias=AliasChoices("picture", "image", "file"))
    text: str = Field(validation_alias=AliasChoices("text", "title", "caption"))


@dataclass(frozen=True)
class Sample:
    """Pictures ready for a tower: `pixels[i]` belongs to `texts[i]`, None where it has no text."""

    pixels: Pixels
    views: Pixels
    """The middle of each picture: another picture of the same thing."""
    texts: tuple[str | None, ...]

    @property
    def captioned(self) -> tuple[int, ...]:
        """Rows with a text, each text once: a text of two pictures has two right answers."""
        seen: dict[str, int] = {}
        for row, text in enumerate(self.texts):
            if text is not None:
                seen.setdefault(text, row)
        return tuple(seen.values())


def read_sample(folder: Path, spec: Preprocessing, count: int) -> Sample:
    """Up to `count` pictures below `folder`, always the same ones; what cannot be read is left out.

    Raises: CalibrationDataError when none can.
    """
    texts = _texts(folder)
    pixels, views, found = [], [], []
    for path in _shuffled(folder):
        try:
            picture = open_picture(path.read_bytes())
        except (PictureError, OSError):
            continue
        pixels.append(to_pixels(picture, spec))
        views.append(to_pixels(_middle(picture), spec))
        found.append(texts.get(path.name) or _line_beside(path))
        if len(pixels) == count:
            break
    if not pixels:
        raise CalibrationDataError(f"{folder} holds no picture that can be read ({', '.join(_SUFFIXES)})")
    return Sample(np.stack(pixels), np.stack(views), tuple(found))


def _shuffled(folder: Path) -> list[Path]:
    """Every picture below the folder, in an order that depends on names only and mixes them well."""
    if not folder.is_dir():
        raise CalibrationDataError(f"{folder} is not a folder of pictures")
    paths = [path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES]
    return sorted(paths, key=lambda path: hashlib.sha256(str(path.relative_to(folder)).encode()).digest())


def _middle(picture: Image.Image) -> Image.Image:
    width, height = (max(1, round(side * _SHARE)) for side in picture.size)
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    return picture.crop((left, top, left + width, top + height))


def _texts(folder: Path) -> dict[str, str]:
    """File name to text, from the first list there is."""
    for place in (folder, folder.parent):
        for name in _LISTS:
            if (place / name).is_file():
                return {Path(row.picture).name: row.text for row in _rows(place / name)}
    return {}


def _rows(path: Path) -> Iterator[_Row]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            yield _Row.model_validate_json(line)
        except ValidationError as exc:
            raise CalibrationDataError(f"{path}, line {number}: needs a picture and a text") from exc


def _line_beside(path: Path) -> str | None:
    beside = path.with_suffix(".txt")
    if not beside.is_file():
        return None
    lines = beside.read_text(encoding="utf-8", errors="replace").splitlines()
    return lines[0].strip() or None if lines else None
