"""Which rows a search may return, at one sequence number. Joins the state in memory with the texts on the disk.

What is in memory moves on with each write, and so do the texts in the catalogue, but not at the same instant. Where
a filter asks for texts, memory is therefore first brought to what one read transaction sees, and the texts are then
looked up in that same transaction. The columns are read under the lock, the texts after it: a slow look-up holds
nobody up.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from pyroaring import BitMap

from index.catalog import Catalog
from index.collection_state import CollectionState
from index.filters import asks_for_text
from index.segment import Hits
from index.texts import RankedTexts, TextHits, rows_holding
from index.types import Candidate, Filter
from index.view import View


@dataclass(frozen=True)
class Selection:
    """A view, and what is allowed in it."""

    view: View
    allowed: BitMap | None
    """None where every live row is."""
    excluded: BitMap = field(default_factory=BitMap)
    """A few rows to be left out of what is found."""
    texts: TextHits | None = None
    """The allowed rows that the words occur in, where there were words."""

    def candidates(self, hits: Hits) -> list[Candidate]:
        """The hits by name, with what their texts came to."""
        id_of, found = self.view.id_of, zip(hits.rows.tolist(), hits.cosines.tolist(), strict=True)
        if self.texts is None:
            return [Candidate(row, id_of[row], cosine) for row, cosine in found]
        bm25 = self.texts.of(hits.rows)
        return [Candidate(row, id_of[row], cosine, bm25.get(row, 0.0)) for row, cosine in found]


class Selector:
    """Safe to call from several threads."""

    def __init__(self, catalog: Catalog, state: CollectionState) -> None:
        self._catalog, self._state, self._texts = catalog, state, RankedTexts()

    def select(self, filter_: Filter | None, exclude: Iterable[str] = (), words: str | None = None) -> Selection:
        """Raises FilterError."""
        if words is None and not (filter_ and asks_for_text(filter_)):
            return Selection(*self._state.select(filter_, exclude))
        with self._catalog.reading() as connection:
            view, prepared = self._state.select_at(connection, filter_, exclude)
            allowed = prepared(partial(rows_holding, connection)) if prepared else None
            ranked = self._texts.of(connection, view.sequence, words) if words is not None else None
            return Selection(view, allowed, texts=ranked.among(allowed) if ranked else None)

    def matching(self, filter_: Filter | None) -> BitMap:
        """The live rows that pass. Raises what `select` raises."""
        if not (filter_ and asks_for_text(filter_)):
            return self._state.matching(filter_)
        with self._catalog.reading() as connection:
            _, prepared = self._state.select_at(connection, filter_)
            assert prepared is not None
            return prepared(partial(rows_holding, connection))
