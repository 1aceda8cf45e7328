"""Tux Paint's stamps: photographs and drawings with a sentence in many languages. Never seen in training (GPL)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from PIL import Image

from models.sources.drawing import DrawingError, cached, draw, shrink
from models.sources.errors import SourceMissingError
from models.sources.fetch import package_folder
from models.sources.item import SourceItem
from models.sources.packages import TUXPAINT

SOURCE = "tuxpaint"
_SYMBOLS = "symbols"
"""Letters, digits, coins and signs: no pictures of things."""
_SAME = {"zh_CN": "zh", "pt_PT": "pt"}


@dataclass(frozen=True)
class StampTexts:
    """A stamp's description file."""

    english: str
    translations: dict[str, str] = field(default_factory=dict)


def read_stamps(data: Path) -> tuple[SourceItem, ...]:
    """The described stamps without `symbols/`, in the order of their paths.

    Raises:
        SourceMissingError: they have not been prepared in `data`.
    """
    items = tuple(
        _item(data, description) for description in _descriptions(data) if _picture(data, description).exists()
    )
    if not items:
        raise SourceMissingError(f"no stamps in {data}; run: make data")
    return items


def shrink_stamps(data: Path) -> Iterator[str]:
    """Makes the missing pictures; yields the identifier of each stamp that has one."""
    for description in _descriptions(data):
        try:
            cached(_picture(data, description), partial(_original, description))
        except DrawingError:
            continue
        yield _identifier(data, description)


def parse_stamp(text: str) -> StampTexts:
    """First line English, then `xx.utf8=` lines; later ones win, empty ones are left out."""
    english, _, rest = text.partition("\n")
    pairs = (line.partition(".utf8=") for line in rest.splitlines())
    found = {language.strip(): sentence.strip() for language, mark, sentence in pairs if mark and sentence.strip()}
    found.update({plain: found[full] for full, plain in _SAME.items() if full in found})
    return StampTexts(english.strip(), found)


def _item(data: Path, description: Path) -> SourceItem:
    texts = parse_stamp(description.read_text(encoding="utf-8"))
    identifier = _identifier(data, description)
    group, *middle, _ = identifier.split("/")
    return SourceItem(
        source=SOURCE,
        id=identifier,
        picture=_picture(data, description),
        title=texts.english,
        keywords=(),
        group=group,
        subgroup=middle[0] if middle else "",
        licence=TUXPAINT.licence,
        texts={"en": texts.english, **texts.translations},
    )


def _descriptions(data: Path) -> list[Path]:
    folder = _stamps(data)
    return [
        path
        for path in sorted(folder.rglob("*.txt"))
        if path.relative_to(folder).parts[0] != _SYMBOLS and _drawn(path) is not None and path.stat().st_size > 1
    ]


def _stamps(data: Path) -> Path:
    return package_folder(TUXPAINT, data) / "usr/share/tuxpaint/stamps"


def _identifier(data: Path, description: Path) -> str:
    return description.relative_to(_stamps(data)).with_suffix("").as_posix()


def _picture(data: Path, description: Path) -> Path:
    return data / "pictures" / SOURCE / f"{_identifier(data, description)}.png"


def _drawn(description: Path) -> Path | None:
    """The picture beside the description; a drawing is preferred to its own rendering."""
    candidates = (description.with_suffix(suffix) for suffix in (".svg", ".png"))
    return next((path for path in candidates if path.exists()), None)


def _original(description: Path) -> Image.Image:
    path = _drawn(description)
    if path is None:
        raise DrawingError(f"{description} has no picture")
    return draw(path.read_text(encoding="utf-8")) if path.suffix == ".svg" else shrink(path)
