"""Searches one collection: what is allowed, the nearest of it in every segment, and how much of that was found.

Owns the way from a query to candidates. Safe to call from several threads.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from index.bitmaps import from_rows, to_rows
from index.segment import Hits, SegmentView, merge, search_all
from index.selection import Selection, Selector
from index.stored_vectors import unit
from index.texts import TextHits
from index.types import Candidate, FieldName, Filter, RecallCheck, SearchParameters, Vector

DEFAULTS = SearchParameters()
EXACT = SearchParameters(exact=True)
GROWTH = 4


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
        if selection.texts is not None and len(selection.texts.rows):
            fitting = _by_words(selection.view.segments[field], selection.texts, direction, limit)
            hits = merge([hits, fitting.without(hits.rows)], 2 * limit)
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
        found, nearest = (
            _hits(selection, field, direction, limit, how) for how in (params, replace(params, exact=True))
        )
        wanted = len(nearest.rows)
        return RecallCheck(found.as_near_as(nearest), wanted, view.snapshot) if wanted else None


def _by_words(segments: Sequence[SegmentView], texts: TextHits, direction: Vector, limit: int) -> Hits:
    """The `limit` rows with a vector whose texts fit best, fewer where there are no more."""
    wanted = limit
    while True:
        hits = search_all(segments, direction, wanted, texts.best(wanted), EXACT)
        if len(hits.rows) >= limit or wanted >= len(texts.rows):
            return hits.kept(np.isin(hits.rows, to_rows(texts.among(from_rows(hits.rows)).best(limit))))
        wanted *= GROWTH  # some have texts alone


def _hits(selection: Selection, field: FieldName, direction: Vector, limit: int, params: SearchParameters) -> Hits:
    segments, wanted = selection.view.segments[field], limit + len(selection.excluded)
    hits = search_all(segments, direction, wanted, selection.allowed, params)
    if not selection.excluded:
        return hits
    return hits.without(to_rows(selection.excluded)).first(limit)
