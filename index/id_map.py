"""Ids to rows and back. Owns the promise that a published row-to-id map never loses an entry.

Sealed ids lie in a mapped file, those written since in dictionaries. A search holds `id_of` while writers go on, so
its dictionary is only added to; once enough of it is dead it is replaced by a smaller one, and searches that hold
the old one keep it.
"""

from collections.abc import Iterator, Mapping, Sequence

from pyroaring import BitMap

from index.sealed.sealed_items import SealedIds

FORGET_DEAD = 1024
BYTES_AN_ID = 150
"""A short id in two dictionaries."""


class RowIds(Mapping[int, str]):
    """Row to id. Walks over those that are not sealed."""

    def __init__(self, sealed: SealedIds | None, recent: Mapping[int, str]) -> None:
        self._sealed, self._recent = sealed, recent

    def __getitem__(self, row: int) -> str:
        id_ = self._recent.get(row)
        if id_ is None and self._sealed is not None:
            id_ = self._sealed.id_of(row)
        if id_ is None:
            raise KeyError(row)
        return id_

    def __iter__(self) -> Iterator[int]:
        return iter(self._recent)

    def __len__(self) -> int:
        return len(self._recent)


class IdRows(Mapping[str, int]):
    """Live id to row. Walks over those that are not sealed."""

    def __init__(self, sealed: SealedIds | None, recent: Mapping[str, int], gone: BitMap) -> None:
        self._sealed, self._recent, self._gone = sealed, recent, gone

    def __getitem__(self, id_: str) -> int:
        row = self._recent.get(id_)
        if row is None and self._sealed is not None:
            row = self._sealed.row_of(id_)
        if row is None or row in self._gone:
            raise KeyError(id_)
        return row

    def __iter__(self) -> Iterator[str]:
        return iter(self._recent)

    def __len__(self) -> int:
        return len(self._recent)


class IdMap:
    """Not safe for concurrent use but for reading `id_of`: the collection's lock guards the rest."""

    def __init__(self, sealed: SealedIds | None = None) -> None:
        self._sealed = sealed
        self._gone = BitMap()  # sealed rows that were deleted
        self._row_of: dict[str, int] = {}
        self._id_of: dict[int, str] = {}

    @property
    def row_of(self) -> Mapping[str, int]:
        """Live ids only."""
        return IdRows(self._sealed, self._row_of, self._gone)

    @property
    def id_of(self) -> Mapping[int, str]:
        """Live rows, and dead ones of the recent past."""
        return RowIds(self._sealed, self._id_of)

    @property
    def nbytes(self) -> int:
        """In anonymous memory, roughly."""
        return len(self._id_of) * BYTES_AN_ID

    def add(self, items: Sequence[tuple[int, str]]) -> None:
        new = [(row, id_) for row, id_ in items if self._sealed is None or row not in self._sealed.rows]
        self._row_of.update((id_, row) for row, id_ in new)
        self._id_of.update(new)

    def remove(self, rows: BitMap) -> None:
        for row in rows:
            id_ = self._id_of.get(row)
            if id_ is None:
                self._gone.add(row)
            else:
                self._row_of.pop(id_, None)
        dead = len(self._id_of) - len(self._row_of)
        if dead > max(FORGET_DEAD, len(self._row_of) // 4):
            self._id_of = {row: id_ for id_, row in self._row_of.items()}
