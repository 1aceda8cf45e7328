"""The one record that every raw data set is read into. Owns the value; knows no data set."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Variant:
    """Where a picture stands in its family: two of a family that differ on one axis are a composed pair.

    `axes` maps an axis to its value, both in English (`skin tone` → `dark`); a missing axis is the neutral form.
    """

    family: str
    axes: Mapping[str, str]


@dataclass(frozen=True)
class SourceItem:
    """A picture with what its makers say about it. Unique by (`source`, `id`)."""

    source: str
    id: str
    """Emoji carry their code points without FE0F (`1F34E`), so that vendors can be joined."""
    picture: Path
    """256 pixels on the longer side, transparency kept; PNG or WebP."""
    title: str
    """English."""
    keywords: tuple[str, ...]
    """English, without the title itself."""
    group: str
    subgroup: str
    licence: str
    """SPDX identifier, or `public-domain`."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """Language (ISO 639, `en` among them) → name or sentence."""
    variant: Variant | None = None
    """Emoji only."""
