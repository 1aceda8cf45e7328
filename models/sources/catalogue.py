"""Every data set by name: what it needs fetched, and what is made from it. Owns the list; `__main__` runs it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from models.sources.clipart import draw_clipart
from models.sources.emoji import VENDORS, draw_emoji
from models.sources.packages import CLDR, CLDR_DERIVED, EMOJIBASE, NOTO, OPENCLIPART, TUXPAINT, WORDNET, Package
from models.sources.stamps import shrink_stamps


def _nothing(data: Path) -> Iterator[str]:
    return iter(())


@dataclass(frozen=True)
class DataSet:
    """Packages to fetch, then a step that makes pictures and yields a name for each as it goes."""

    packages: tuple[Package, ...]
    make: Callable[[Path], Iterator[str]] = _nothing


def _emoji(vendor: str) -> DataSet:
    packages = dict.fromkeys((EMOJIBASE, CLDR, CLDR_DERIVED, NOTO, VENDORS[vendor]))
    return DataSet(tuple(packages), partial(draw_emoji, vendor=vendor))


DATA_SETS: Mapping[str, DataSet] = {
    "wordnet": DataSet((WORDNET,)),
    "tuxpaint": DataSet((TUXPAINT,), shrink_stamps),
    **{vendor: _emoji(vendor) for vendor in VENDORS},
    "openclipart": DataSet((OPENCLIPART,), draw_clipart),
}
