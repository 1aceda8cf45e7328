"""How inputs are cut into runs of a few fixed shapes, so that memory does not grow with the shapes seen."""

from collections.abc import Iterator
from dataclasses import dataclass

SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
"""Rows of a run that is padded."""
UNPADDED_SIZES = (1, 2, 3, 4, 6, 8, 12, 16)
"""Rows of a run that is not: with those in between, most batches are one or two runs, which read the weights once."""
WIDTHS = (4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 64, 80, 96, 128, 192, 256, 384, 512)
"""Tokens of a run: fine where queries are (a token of padding costs as much as a word), coarse behind."""


@dataclass(frozen=True)
class BatchRules:
    """What an engine does best."""

    max_rows: int
    pads: bool = False
    """True where a run of 4 rows costs about as much as one of 3 (GPUs): 3 are padded to 4. False where each row
    costs the same (CPUs): 7 go as 6 and 1, and nothing is computed in vain."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """Every row count that reaches a graph."""
        return tuple(size for size in (SIZES if self.pads else UNPADDED_SIZES) if size <= self.max_rows)


@dataclass(frozen=True)
class Part:
    """Rows `start` to `start + rows` of the input go out in a run of `size` rows."""

    start: int
    rows: int
    size: int


def parts(rows: int, rules: BatchRules) -> Iterator[Part]:
    """Cut `rows` rows; the parts cover each row once, in order."""
    start = 0
    while start < rows:
        left = rows - start
        size = next((size for size in rules.sizes if size >= left), rules.sizes[-1])
        if not rules.pads and size > left:
            size = max(size for size in rules.sizes if size <= left)
        yield Part(start, min(left, size), size)
        start += size


def width_of(tokens: int, context_length: int) -> int:
    """The width at which a text of so many tokens runs: it follows from the text alone, never from its neighbours."""
    return min(context_length, next((width for width in WIDTHS if width >= tokens), context_length))
