"""A scan that grows until growing changes nothing: for filters, since nobody measured how many lists they need.

The curve of a segment says how many lists an unfiltered search needs. What a filter allows may lie anywhere: near the
query, evenly among all, or far from it. So the lists that hold allowed rows are scanned from the nearest on, as many
in each round as in all rounds before, until a round brings (nearly) no new hit. That last round is the price of
knowing.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.sealed.inverted_lists import InvertedLists, Slots, scanning
from index.sealed.search_settings import SearchSettings
from index.segment import Hits, merge
from index.types import Vector

FIRST_ROUND = 4
"""Times the lists of an unfiltered search: a small first round ends too early, by chance, and scanning costs little."""
LEAST_CANDIDATES = 20
MOST_RESCORED = 4_096
"""Codes tell distant vectors apart less well than near ones: so many candidates a hit are rescored at least, and more
in wider rounds, up to so many in all (or what an unfiltered search rescores, where that is more)."""
WATCHED = 20
"""Whether a round brought anything new is judged by so many hits, or by the limit where that is more."""


@dataclass(frozen=True)
class Answer:
    """What a search found, and how many lists it scanned; 0 where it looked at vectors alone."""

    hits: Hits
    probes: int = 0


@dataclass(frozen=True)
class Widening:
    """How one filtered search goes on."""

    limit: int
    settings: SearchSettings
    """Of an unfiltered search."""
    tolerated: int
    """A round that brings so many new hits or fewer is the last one."""


def widened(
    lists: InvertedLists,
    rescored: Callable[[Slots, Vector, int], Hits],
    query: Vector,
    selected: NDArray[np.bool_],
    how: Widening,
) -> Answer:
    """The nearest of the `selected` slots (bool [n]); as many as `limit` where there are as many."""
    bits = np.packbits(selected, bitorder="little")
    order = lists.nearest(query, len(lists))
    order = order.taken(lists.holding(selected)[order.numbers])
    watched = max(how.limit, WATCHED)
    rescored_at_once = max(how.settings.rescored(how.limit), how.limit * LEAST_CANDIDATES)
    hits, done, size = Hits(np.empty(0, np.int64), np.empty(0, np.float32)), 0, FIRST_ROUND * how.settings.probes
    while done < len(order.numbers):
        part = order.taken(slice(done, done + size))
        wanted = min(
            rescored_at_once * size // how.settings.probes, max(rescored_at_once, MOST_RESCORED), len(selected)
        )
        fresh = rescored(lists.scan(part, wanted, scanning(len(part.numbers), bits)).slots, query, watched)
        hits = merge([hits, fresh], watched)
        done += len(part.numbers)
        new = int(np.isin(hits.rows, fresh.rows).sum())
        if len(hits.rows) == watched and new <= how.tolerated:
            break
        size = done
    return Answer(hits.first(how.limit), done)
