"""Ids to rows and back, in memory. Owns the promise that a published row-to-id map never loses an entry.

A search holds `id_of` while writers go on, so the map is only added to; once enough of it is dead it is replaced
by a smaller one, and searches that hold the old one keep it.
"""

from collections.abc import Mapping, Sequence

from pyroaring import BitMap

FORGET_DEAD = 1024


class IdMap:
    """Not safe for concurrent use but for reading `id_of`: the collection's lock guards the rest."""

    def __init__(self) -> None:
        self._row_of: dict[str, int] = {}
        self._id_of: dict[int, str] = {}

    @property
    def row_of(self) -> Mapping[str, int]:
        """Live ids only."""
        return self._row_of

    @property
    def id_of(self) -> Mapping[int, str]:
        """Live rows, and dead ones of the recent past."""
        return self._id_of

    def add(self, items: Sequence[tuple[int, str]]) -> None:
        for row, id_ in items:
            self._row_of[id_] = row
            self._id_of[row] = id_

    def remove(self, rows: BitMap) -> None:
        for row in rows:
            self._row_of.pop(self._id_of[row], None)
        dead = len(self._id_of) - len(self._row_of)
        if dead > max(FORGET_DEAD, len(self._row_of) // 4):
            self._id_of = {row: id_ for id_, row in self._row_of.items()}
