"""The segments of one vector field: sealed ones, and the exact one that takes the writes.

A row lives in at most one of them: when its vector changes, it dies where it was and comes back in the exact
segment. Owned by the collection's state, with the rules of `exact_segment`: one thread stages, `publish` comes
under the lock, views are immutable.
"""

from collections.abc import Sequence
from copy import copy
from time import monotonic

from pyroaring import BitMap

from index.bitmaps import Rows, to_rows
from index.exact_segment import ExactSegment, Mask
from index.sealed.sealed_view import SealedView
from index.sealed.sealed_views import SealedViews
from index.sealed.tiers import Standing
from index.segment import SegmentView
from index.types import Vectors


class FieldSegments:
    """What `CollectionState` holds of a field."""

    def __init__(self, dimension: int, sealed: Sequence[SealedView] = ()) -> None:
        self._sealed = tuple(sealed)
        self._exact = ExactSegment(dimension)
        self._fresh_since: float | None = None

    @property
    def sealed(self) -> tuple[SealedView, ...]:
        return self._sealed

    @property
    def views(self) -> tuple[SegmentView, ...]:
        return (SealedViews(self._sealed), self._exact.view) if self._sealed else (self._exact.view,)

    @property
    def live(self) -> int:
        return self._exact.live + sum(view.live for view in self._sealed)

    @property
    def fresh(self) -> int:
        """Live rows that are not sealed."""
        return self._exact.live

    @property
    def fresh_age_s(self) -> float:
        """Since when there are such rows, as far as this process saw them come."""
        return 0.0 if self._fresh_since is None else monotonic() - self._fresh_since

    @property
    def wasted(self) -> int:
        """Dead rows of the sealed segments that are to be rewritten without them."""
        standing = [Standing("", view.segment.count, len(view.dead)) for view in self._sealed]
        return sum(one.dead for one in standing if one.is_wasteful)

    @property
    def mapped_bytes(self) -> int:
        return sum(view.mapped_bytes for view in self._sealed)

    @property
    def nbytes(self) -> int:
        return self._exact.nbytes + sum(view.nbytes for view in self._sealed)

    def unstage(self) -> None:
        self._exact.unstage()

    def stage(self, rows: Rows, vectors: Vectors) -> None:
        self._exact.stage(rows, vectors)

    def publish(self, dead: BitMap) -> None:
        """Kill these rows wherever they are, and show what was staged. Under the collection's lock."""
        if dead and self._sealed:
            rows = to_rows(dead)
            self._sealed = tuple(view.without(rows) for view in self._sealed)
        self._exact.publish(dead)
        if not self.fresh:
            self._fresh_since = None
        elif self._fresh_since is None:
            self._fresh_since = monotonic()

    def sealed_rows(self) -> BitMap:
        """Every row of the sealed segments, dead or alive."""
        return BitMap().union(*(view.segment.all_rows for view in self._sealed))

    def vectors(self, rows: Rows) -> tuple[Mask, Vectors]:
        """Which rows have a vector, and float32 [n, d] with zeros where none. Under the collection's lock."""
        found, vectors = self._exact.vectors(rows)
        for view in self._sealed:
            there, slots = view.live_slots(rows)
            vectors[there] = view.segment.vectors(slots)
            found |= there
        return found, vectors

    def needs_compaction(self) -> bool:
        return self._exact.needs_compaction()

    def compacted(self) -> "FieldSegments":
        """The same without the dead slots of the exact segment; this one stays as it is."""
        compact = copy(self)
        compact._exact = self._exact.compacted()
        return compact
