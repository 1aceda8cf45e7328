"""What the store relies on of a card, of the fake one and, where FAISS sees one, of a real one."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from pyroaring import BitMap

from index.sealed import card as cards
from index.sealed.card import MOST_FOUND, CardCopy, has_card
from index.sealed.codec import CodecSpec
from index.sealed.sealed_segment import SealedSegment
from index.sealed.sealed_view import SealedView
from index.sealed.sealed_views import SealedViews
from index.sealed.search_settings import CurvePoint, SearchSettings
from index.sealed.training import train
from index.stored_vectors import unit_rows
from index.types import SearchParameters
from tests.fakes.card import FakeCard
from tests.unit.index.sealed.made_segments import stored_vectors, write_stretch

pytestmark = [pytest.mark.usefixtures("one_faiss_thread"), pytest.mark.usefixtures("card")]

DIMENSION, COUNT, LISTS = 64, 70_000, 64
"""More vectors than are copied at a time."""
STORED_VECTORS = stored_vectors(COUNT, DIMENSION, 1)
VECTORS, QUERIES = unit_rows(STORED_VECTORS), unit_rows(stored_vectors(40, DIMENSION, 2))
CENTROIDS = unit_rows(stored_vectors(LISTS, DIMENSION, 3))
ROUNDING = 1e-3


@pytest.fixture(params=["fake", "real"])
def card(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "fake":
        FakeCard().put(monkeypatch)
    elif not has_card():
        pytest.skip("FAISS sees no CUDA card")
    cards._resources.cache_clear()


@pytest.mark.parametrize("count", [1, 10, MOST_FOUND])
def test_the_nearest_in_all_lists_are_found_best_first(count: int) -> None:
    copy = CardCopy(STORED_VECTORS, CENTROIDS)
    for query in QUERIES[:10]:
        cosines, places = VECTORS @ query, copy.nearest(query, count, LISTS)
        assert len(np.unique(places)) == count
        assert (np.diff(cosines[places]) <= ROUNDING).all()
        assert cosines[places].min() >= np.sort(cosines)[-count] - ROUNDING


def test_only_the_nearest_lists_are_looked_into() -> None:
    copy, lists = CardCopy(STORED_VECTORS, CENTROIDS), (VECTORS @ CENTROIDS.T).argmax(axis=1)
    for query in QUERIES[:10]:
        near = np.argsort(-(CENTROIDS @ query))[:2]
        assert set(lists[copy.nearest(query, 100, 2)].tolist()) == set(near.tolist())


def test_of_few_vectors_all_are_found() -> None:
    assert sorted(CardCopy(STORED_VECTORS[:5], CENTROIDS).nearest(QUERIES[0], 10, LISTS)) == [0, 1, 2, 3, 4]
    assert CardCopy(STORED_VECTORS[:0], CENTROIDS).nearest(QUERIES[0], 10, LISTS).tolist() == []


def test_any_thread_may_search_any_copy() -> None:
    copies = [CardCopy(STORED_VECTORS, CENTROIDS), CardCopy(STORED_VECTORS[::2].copy(), CENTROIDS)]
    alone = [[copy.nearest(query, 10, 8).tolist() for query in QUERIES] for copy in copies]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            searches = [[pool.submit(copy.nearest, query, 10, 8) for query in QUERIES] for copy in copies]
            assert [[search.result().tolist() for search in part] for part in searches] == alone


def test_what_is_sealed_and_searched_with_it_is_found(tmp_path: Path) -> None:
    count = 10_000
    codec = train(CodecSpec("ivf-rabitq", DIMENSION, LISTS), VECTORS[:count])
    write_stretch(tmp_path / "segment", codec, STORED_VECTORS, 0, count)
    curve = (CurvePoint(SearchSettings(probes=LISTS, candidates=1_000), recall=0.95, ms=1.0),)
    segment = SealedSegment(tmp_path / "segment", on_card=True)
    assert segment.copy is not None
    sealed = SealedViews([SealedView(segment, BitMap(), {"image": curve})])
    exact = np.argsort(-(VECTORS[:count] @ QUERIES.T), axis=0)[:10].T
    found = [sealed.search(query, 10, None, SearchParameters()).rows for query in QUERIES]
    assert np.mean([len(np.intersect1d(*pair)) / 10 for pair in zip(found, exact, strict=True)]) > 0.99
