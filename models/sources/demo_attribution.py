"""The demo catalogue's page of credits. Owns the filling of `demo_attribution.md`; the licences' words stand there."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from string import Template

from models.sources.demo_record import DemoRecord
from models.sources.packages import EMOJIBASE, FLUENT_3D, NOTO, OPENCLIPART, TWEMOJI, Package

_TEMPLATE = Path(__file__).with_name("demo_attribution.md")


def attribution(records: Sequence[DemoRecord], side: int) -> str:
    """The page for these products, whose pictures are at most `side` pixels wide and high."""
    counts = Counter(record.attributes.supplier for record in records)
    return Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        total=len(records),
        side=side,
        fluent=_pinned(FLUENT_3D),
        fluent_count=counts["fluent 3d"],
        noto=_pinned(NOTO),
        noto_count=counts["noto"],
        twemoji=_pinned(TWEMOJI),
        twemoji_count=counts["twemoji"],
        openclipart=_pinned(OPENCLIPART),
        openclipart_count=counts["openclipart"],
        emojibase=_pinned(EMOJIBASE),
    )


def _pinned(package: Package) -> str:
    return f"{package.name} {package.version}"
