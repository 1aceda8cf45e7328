"""Searches one collection: what is allowed, the nearest of it in every segment, and how much of that was found.

Owns the way from a query to candidates. Safe to call from several threads.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from index.bitmaps import from_rows, to_rows
from index.segment import Hits, merge, search_all
from index.selection import Selection, Selector
from index.stored_vectors import unit
from index.types import Candidate, FieldName, Filter, RecallCheck, SearchParameters, Vector

DEFAULTS = SearchParameters()
EXACT = SearchParameters(exact=True)


class Searcher:
    """The fields that it is asked for exist."""

    def __init__(self, selector: Selector, dimension: int) -> None:
        self._selector, self._dimension = selector, dimension

    def search(
        self,
        field: FieldName,
        query: Vector,
        limit: int,
        filter_: Filter | None,
        params: SearchParameters,
        exclude: Iterable[str],
        words: str | None,
    ) -> Sequence[Candidate]:
        """Raises FilterError, SpaceMismatchError, VectorError."""
        direction = unit(query, self._dimension, "the query")
        selection = self._selector.select(filter_, exclude, words)
        hits = _hits(selection, field, direction, limit, params)
        if selection.texts is not None:
            fitting = selection.texts.best(limit) - from_rows(hits.rows)
            if fitting:
                more = search_all(selection.view.segments[field], direction, limit, fitting, EXACT)
                hits = merge([hits, more], 2 * limit)
        return selection.candidates(hits)

    def check_recall(
        self,
        field: FieldName,
        query: Vector,
        limit: int,
        filter_: Filter | None,
        params: SearchParameters,
        exclude: Iterable[str],
    ) -> RecallCheck | None:
        """The same search twice over one view, as it is and exactly. Reads every vector that the filter allows."""
        direction = unit(query, self._dimension, "the query")
        selection = self._selector.select(filter_, exclude)
        view = selection.view
        if view.snapshot is None or len(view.segments[field]) == 1:
            return None  # nothing is sealed
        found, wanted = (
            set(_hits(selection, field, direction, limit, how).rows.tolist())
            for how in (params, replace(params, exact=True))
        )
        return RecallCheck(len(found & wanted), len(wanted), view.snapshot) if wanted else None


def _hits(selection: Selection, field: FieldName, direction: Vector, limit: int, params: SearchParameters) -> Hits:
    segments, wanted = selection.view.segments[field], limit + len(selection.excluded)
    hits = search_all(segments, direction, wanted, selection.allowed, params)
    if not selection.excluded:
        return hits
    kept = ~np.isin(hits.rows, to_rows(selection.excluded))
    return Hits(hits.rows[kept][:limit], hits.cosines[kept][:limit])
