"""What a check finds: a sentence, and whether it concerns the truth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Part: TypeAlias = Literal["truth", "sealed", "thumbnails", "text"]
"""`truth`: the catalogue and the pictures. The others are derived from it: sealed segments, thumbnails, text index."""

SHOWN = 5


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong."""

    part: Part
    message: str


def several(names: Sequence[object]) -> str:
    """The first names, and how many more."""
    shown = ", ".join(map(str, names[:SHOWN]))
    return f"{shown} and {len(names) - SHOWN} more" if len(names) > SHOWN else shown


def listed(part: Part, wrong: Sequence[object], sentence: str) -> Iterator[Finding]:
    """One finding for all that are wrong in the same way; `sentence` has a place for them."""
    if wrong:
        yield Finding(part, sentence.format(several(wrong)))
