"""Sealed segments searched on a card find what exact search finds; what a card cannot do stays on the CPU."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from pyroaring import BitMap

from index.sealed.card import MOST_FOUND
from index.sealed.codec import CodecSpec
from index.sealed.sealed_segment import SealedSegment
from index.sealed.sealed_view import SealedView
from index.sealed.sealed_views import SealedViews
from index.sealed.search_settings import CurvePoint, SearchSettings
from index.sealed.training import train
from index.stored_vectors import unit_rows
from index.types import SearchParameters, Vector
from tests.fakes.card import FakeCard
from tests.unit.index.sealed.made_segments import stored_vectors, write_stretch

pytestmark = pytest.mark.usefixtures("one_faiss_thread")

DIMENSION, COUNT = 32, 4_000
CUTS = (0, 2_500, 2_500, 2_501, COUNT)
FILLED = 3
"""One of the four segments is empty."""
LISTS = 16
PARAMS = SearchParameters()
"""What the CPU finds, though it looks into all lists, falls short by its few candidates: it is seen who searched."""


STORED_VECTORS = stored_vectors(COUNT, DIMENSION, 1)
VECTORS, QUERIES = unit_rows(STORED_VECTORS), unit_rows(stored_vectors(20, DIMENSION, 2))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Path]:
    """Of segments that share a codec."""
    root, codec = tmp_path_factory.mktemp("segments"), train(CodecSpec("ivf-rabitq", DIMENSION, LISTS), VECTORS)
    made = []
    for start, end in pairwise(CUTS):
        made.append(root / f"{start}-{end}")
        write_stretch(made[-1], codec, STORED_VECTORS, start, end)
    return made


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> FakeCard:
    made = FakeCard()
    made.put(monkeypatch)
    return made


def curve(probes: int) -> Mapping[str, Sequence[CurvePoint]]:
    return {"image": (CurvePoint(SearchSettings(probes, candidates=1), recall=0.95, ms=1.0),)}


def opened(folders: Sequence[Path], dead: Sequence[int] = (), probes: int = LISTS) -> SealedViews:
    views = [SealedView(SealedSegment(folder, on_card=True), BitMap(), curve(probes)) for folder in folders]
    return SealedViews([view.without(np.array(dead, np.int64)) for view in views])


def recall(views: SealedViews, dead: Sequence[int] = (), limit: int = 10) -> float:
    alive = np.setdiff1d(np.arange(COUNT), dead)
    found = 0
    for query in QUERIES:
        hits = views.search(query, limit, None, PARAMS)
        assert hits.cosines == pytest.approx(VECTORS[hits.rows] @ query, abs=1e-6)
        assert (np.diff(hits.cosines) <= 0).all()
        wanted = alive[np.argsort(-(VECTORS[alive] @ query))[:limit]]
        found += len(np.intersect1d(hits.rows, wanted))
    return found / (len(QUERIES) * min(limit, len(alive)))


@pytest.mark.parametrize("limit", [1, 10, 300])
def test_all_that_is_in_the_lists_is_compared(folders: Sequence[Path], card: FakeCard, limit: int) -> None:
    assert recall(opened(folders), limit=limit) == 1.0
    assert card.searches == len(QUERIES) * FILLED


def test_the_lists_are_those_that_the_vectors_were_sealed_in(folders: Sequence[Path], card: FakeCard) -> None:
    views = opened(folders, probes=1)
    for query in QUERIES:
        found = views.search(query, 5, None, PARAMS)
        assert set(found.rows.tolist()) <= {row for view in views.views for row in nearest_list(view, query)}
    assert card.searches == len(QUERIES) * FILLED


def nearest_list(view: SealedView, query: Vector) -> Sequence[int]:
    """Its rows."""
    lists = view.segment.inverted_lists
    (number,) = lists.nearest(query, 1).numbers
    rows: Sequence[int] = view.segment.rows[lists.offsets[number] : lists.offsets[number + 1]].tolist()
    return rows


def test_a_page_longer_than_the_lists_is_found_on_the_cpu(folders: Sequence[Path], card: FakeCard) -> None:
    assert len(opened(folders, probes=1).search(QUERIES[0], 1_500, None, PARAMS).rows) == 1_500


def test_the_dead_are_left_out_however_many_lie_near(folders: Sequence[Path], card: FakeCard) -> None:
    nearest = np.argsort(-(VECTORS @ QUERIES[0]))
    dead = [*nearest[:500].tolist(), 2_500]
    assert recall(opened(folders, dead), dead) == 1.0
    assert card.searches > len(QUERIES) * FILLED, "more were fetched where the first were dead"


def test_filters_exact_searches_and_long_pages_stay_on_the_cpu(folders: Sequence[Path], card: FakeCard) -> None:
    views = opened(folders)
    allowed = BitMap(range(0, COUNT, 7))
    assert set(views.search(QUERIES[0], 10, allowed, PARAMS).rows.tolist()) <= set(allowed)
    exact = views.search(QUERIES[0], 10, None, SearchParameters(exact=True))
    assert exact.rows.tolist() == np.argsort(-(VECTORS @ QUERIES[0]))[:10].tolist()
    assert card.searches == 0
    assert len(views.search(QUERIES[0], MOST_FOUND, None, PARAMS).rows) == MOST_FOUND
    assert card.searches == 0


@pytest.mark.parametrize("room", [0, 3_000])
def test_what_has_no_room_is_searched_on_the_cpu(
    folders: Sequence[Path], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, room: int
) -> None:
    card = FakeCard(room)
    card.put(monkeypatch)
    assert 0 < recall(opened(folders)) < 1.0
    assert "searched on the CPU: out of memory" in caplog.text


def test_a_card_that_breaks_is_left(folders: Sequence[Path], card: FakeCard, caplog: pytest.LogCaptureFixture) -> None:
    views = opened(folders)
    card.is_broken = True
    assert 0 < recall(views) < 1.0
    assert caplog.text.count("answers no more") == 1


def test_without_a_card_the_cpu_searches(folders: Sequence[Path], caplog: pytest.LogCaptureFixture) -> None:
    assert 0 < recall(opened(folders)) < 1.0
    assert "FAISS finds no card" in caplog.text
