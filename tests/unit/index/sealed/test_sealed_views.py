"""Several sealed segments of one codec against one that holds everything, and against exact search."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from pyroaring import BitMap

from index.sealed.codec import CodecKind, CodecSpec
from index.sealed.sealed_segment import SealedSegment
from index.sealed.sealed_view import SealedView
from index.sealed.sealed_views import SealedViews
from index.sealed.search_settings import CurvePoint, SearchSettings
from index.sealed.training import train
from index.stored_vectors import unit_rows
from index.types import SearchParameters
from tests.unit.index.sealed.made_segments import stored_vectors, write_stretch

pytestmark = pytest.mark.usefixtures("one_faiss_thread")

DIMENSION, COUNT = 32, 6_000
CUTS = (0, 4_000, 5_900, 5_901, COUNT)
CURVES = {"image": (CurvePoint(SearchSettings(probes=16, candidates=20), recall=0.95, ms=1.0),)}
PARAMS = SearchParameters()


STORED_VECTORS = stored_vectors(COUNT, DIMENSION, 1)
VECTORS, QUERIES = unit_rows(STORED_VECTORS), unit_rows(stored_vectors(40, DIMENSION, 2))


class Searched:
    """The same vectors in one segment and in several."""

    def __init__(self, folder: Path, kind: CodecKind) -> None:
        codec = train(CodecSpec(kind, DIMENSION, 32), VECTORS)
        self.whole = SealedViews([view_of(folder / "whole", codec, 0, COUNT)])
        self.parts = SealedViews([view_of(folder / str(start), codec, start, end) for start, end in pairwise(CUTS)])


def view_of(folder: Path, codec: object, start: int, end: int) -> SealedView:
    write_stretch(folder, codec, STORED_VECTORS, start, end)
    return SealedView(SealedSegment(folder), BitMap(), CURVES)


@pytest.fixture(scope="module", params=["ivf-pq", "ivf-pq-fastscan", "ivf-rabitq"])
def searched(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Searched:
    return Searched(tmp_path_factory.mktemp(request.param), request.param)


def recall(views: SealedViews, dead: Sequence[int] = (), limit: int = 10) -> float:
    alive = np.ones(COUNT, np.bool_)
    alive[list(dead)] = False
    rows = np.flatnonzero(alive)
    killed = SealedViews([view.without(np.array(dead, np.int64)) for view in views.views])
    found = 0
    for query in QUERIES:
        cosines = VECTORS[rows] @ query
        hits = killed.search(query, limit, None, PARAMS)
        assert hits.cosines == pytest.approx(VECTORS[hits.rows] @ query, abs=1e-6)
        assert (np.diff(hits.cosines) <= 0).all()
        assert len(hits.rows) == min(limit, len(rows)) == len(set(hits.rows.tolist()))
        found += len(set(hits.rows.tolist()) & set(rows[np.argsort(-cosines)[:limit]].tolist()))
    return found / (len(QUERIES) * min(limit, len(rows)))


def test_several_segments_find_what_one_finds(searched: Searched) -> None:
    assert recall(searched.parts) == pytest.approx(recall(searched.whole), abs=0.01)
    assert recall(searched.parts) > 0.7


def test_dead_rows_are_found_in_none(searched: Searched) -> None:
    dead = range(0, COUNT, 3)
    assert recall(searched.parts, dead) == pytest.approx(recall(searched.whole, dead), abs=0.01)


@pytest.mark.parametrize("limit", [1, 13, 300, 2 * COUNT])
def test_pages_of_any_size_are_filled(searched: Searched, limit: int) -> None:
    """From candidates that are gathered here to more than any list holds."""
    dead = [1, 2, 4_001, 5_900]
    assert recall(searched.parts, dead, limit) == pytest.approx(recall(searched.whole, dead, limit), abs=0.1)


def test_filters_and_exact_searches_go_to_each_segment(searched: Searched) -> None:
    allowed = BitMap(range(100, COUNT, 7))
    for query in QUERIES:
        exact = searched.parts.search(query, 10, allowed, SearchParameters(exact=True))
        assert (
            exact.rows.tolist() == searched.whole.search(query, 10, allowed, SearchParameters(exact=True)).rows.tolist()
        )
        assert set(searched.parts.search(query, 10, allowed, PARAMS).rows.tolist()) <= set(allowed)
    assert len(searched.parts.search(QUERIES[0], 0, None, PARAMS).rows) == 0
