"""Searches the sealed segments of a field on a card: it compares all their vectors, whatever the recall.

FAISS's cards know no selectors, so more are fetched than are asked for, and the dead are left out. Filters, and
searches that must be exact, stay on the CPU.
"""

import logging
from collections.abc import Sequence

from index.sealed.card import MOST_FOUND
from index.sealed.sealed_segment import SPARE
from index.sealed.sealed_view import SealedView
from index.segment import Hits, merge
from index.types import Vector

log = logging.getLogger(__name__)
GROWTH = 8


def found_on_card(views: Sequence[SealedView], query: Vector, limit: int) -> Hits | None:
    """The `limit` nearest live rows, rescored exactly. None where that is left to the CPU."""
    if not views or any(view.segment.copy is None for view in views):
        return None
    hits: list[Hits] = []
    for view in views:
        one = _found(view, query, limit)
        if one is None:
            return None
        hits.append(one)
    return merge(hits, limit)


def _found(view: SealedView, query: Vector, limit: int) -> Hits | None:
    segment, copy, wanted = view.segment, view.segment.copy, limit + SPARE
    while copy is not None and wanted <= MOST_FOUND:
        try:
            slots = copy.nearest(query, wanted)
        except RuntimeError as error:
            log.error("the card answers no more, segment %s is searched on the CPU: %s", segment.folder.name, error)
            segment.copy = None
            return None
        alive = slots[view.is_alive(slots)]
        if len(alive) >= min(limit, view.live):
            return segment.rescored(alive, query, limit)
        wanted *= GROWTH
    return None
