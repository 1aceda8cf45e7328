"""Which segments a seal writes anew. Pure functions of sizes, and of how well the lists fit.

Segments of like size are merged (as log-structured stores do), so that a row is rewritten about once for each
doubling of the collection, and a search visits few segments. All are written anew, in newly trained lists, where those
suit the vectors no longer: there are many more of them, or they have drifted from what the lists were trained on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

GROWTH = 2
"""A new segment swallows the others up to so many times its size."""
MAX_DEAD_SHARE = 0.3
"""A segment with more dead rows is rewritten without them."""
RETRAIN_GROWTH = 8
"""Lists that were trained for so many times fewer vectors are trained again."""
MOST_DRIFT = 1.1
"""Beyond this they are too, whatever the number: at 1.24 a search took twice as long for the same recall, in one
segment (`benchmarks/index/drift.py`)."""


@dataclass(frozen=True)
class Standing:
    """A sealed segment as it stands."""

    name: str
    rows: int
    dead: int

    @property
    def is_wasteful(self) -> bool:
        """Rewritten for its dead rows alone."""
        return self.dead > MAX_DEAD_SHARE * self.rows

    @property
    def live(self) -> int:
        return self.rows - self.dead


def to_merge(standing: Sequence[Standing], fresh: int) -> list[str]:
    """The names of the segments that go into the new one, with `fresh` rows that were never sealed."""
    merged = {one.name: one for one in standing if one.is_wasteful}
    size = fresh + sum(one.live for one in merged.values())
    for one in sorted(standing, key=lambda one: one.live):
        if one.name not in merged and one.live <= GROWTH * size:
            merged[one.name] = one
            size += one.live
    return list(merged)


def needs_training(trained_for: int | None, total: int) -> bool:
    """Whether the lists no longer suit the number of vectors; `trained_for` None: there are none yet."""
    return trained_for is None or total > RETRAIN_GROWTH * trained_for


def drift(trained_misfit: float | None, misfits: Iterable[tuple[float, int]]) -> float | None:
    """How many times farther vectors lie from their centroids than held-out ones did when these were trained.

    `misfits`: of segments, each with its number of live rows. None where nothing was measured.
    """
    known = [(misfit, rows) for misfit, rows in misfits if rows]
    if not trained_misfit or not known:
        return None
    return sum(misfit * rows for misfit, rows in known) / sum(rows for _, rows in known) / trained_misfit
