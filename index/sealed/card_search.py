"""Searches the sealed segments of a field on a card: in as many lists as on the CPU, by vectors instead of codes.

FAISS's cards know no selectors, so more are fetched than are asked for, and the dead are left out. Filters, and
searches that must be exact, stay on the CPU.
"""

import logging
from collections.abc import Sequence

from index.sealed.card import MOST_FOUND
from index.sealed.sealed_segment import SPARE
from index.sealed.sealed_view import SealedView
from index.sealed.search_settings import SearchSettings
from index.segment import Hits, merge
from index.types import Vector

log = logging.getLogger(__name__)
GROWTH = 8


def found_on_card(views: Sequence[SealedView], query: Vector, limit: int, settings: SearchSettings) -> Hits | None:
    """The `limit` nearest live rows in the nearest lists, rescored exactly: fewer where the lists hold no more.

    None where that is left to the CPU.
    """
    if not views or any(view.segment.copy is None for view in views):
        return None
    hits: list[Hits] = []
    for view in views:
        one = _found(view, query, limit, settings.probes)
        if one is None:
            return None
        hits.append(one)
    return merge(hits, limit)


def _found(view: SealedView, query: Vector, limit: int, probes: int) -> Hits | None:
    segment, copy, wanted = view.segment, view.segment.copy, limit + SPARE
    probes = min(probes, segment.lists)
    while copy is not None and max(wanted, probes) <= MOST_FOUND:
        try:
            slots = copy.nearest(query, wanted, probes)
        except RuntimeError as error:
            log.error("the card answers no more, segment %s is searched on the CPU: %s", segment.folder.name, error)
            segment.copy = None
            return None
        alive = slots[view.is_alive(slots)]
        if len(alive) >= limit or len(slots) < wanted:  # enough, or all that the lists hold
            return segment.rescored(alive, query, limit)
        wanted *= GROWTH
    return None
