"""Filters of any selectivity, near the query or far from it, keep their recall through a sealed collection."""

import numpy as np
import pytest
from numpy.typing import NDArray
from pyroaring import BitMap

from index.bitmaps import from_rows
from index.sealed import sealed_view
from index.sealed.codec import CodecSpec
from index.sealed.measuring import Sample, curves
from index.sealed.sealed_segment import SealedSegment
from index.sealed.sealed_view import SealedView
from index.sealed.segment_writer import write_segment
from index.sealed.training import train
from index.stored_vectors import STORED
from index.types import SearchParameters, Vectors

COUNT, DIMENSION, CLUSTERS, LIMIT = 12_000, 32, 120, 10
DEFAULT, EXACT = SearchParameters(), SearchParameters(exact=True)


def unit(vectors: NDArray[np.floating]) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


CHANCE = np.random.default_rng(5)
CENTRES = unit(CHANCE.standard_normal((CLUSTERS, DIMENSION)))
CLUSTER_OF = np.sort(CHANCE.integers(0, CLUSTERS, COUNT))
"""Rows are in the order of their clusters, so that the first rows are whole clusters."""
VECTORS = unit(CENTRES[CLUSTER_OF] + 0.15 * CHANCE.standard_normal((COUNT, DIMENSION)))


@pytest.fixture(scope="module")
def view(one_faiss_thread: None, tmp_path_factory: pytest.TempPathFactory) -> SealedView:
    folder = tmp_path_factory.mktemp("segment")
    codec = train(CodecSpec("ivf-rabitq", DIMENSION, 128), VECTORS[::2])
    write_segment(folder, codec, "c", "image", "tiny/1", [(np.arange(COUNT), VECTORS.astype(STORED))])
    segment = SealedSegment(folder)
    measured = curves([SealedView(segment, BitMap())], {"image": Sample.foreign(beside(VECTORS, 100))})
    return SealedView(segment, from_rows(np.arange(0, COUNT, 9)), measured, 0.95)


@pytest.fixture(autouse=True)
def only_the_rarest_are_searched_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed_view, "EXACT_ROWS", 20)
    monkeypatch.setattr(sealed_view, "EXACT_SHARE", 0.0)


def beside(vectors: Vectors, count: int) -> Vectors:
    chance = np.random.default_rng(6)
    return unit(vectors[chance.integers(0, len(vectors), count)] + 0.1 * chance.standard_normal((count, DIMENSION)))


def rows_and_queries(relation: str, share: float) -> tuple[NDArray[np.int64], Vectors]:
    passing = round(share * COUNT)
    if relation == "independent":
        return np.sort(np.random.default_rng(8).permutation(COUNT)[:passing]), beside(VECTORS, 60)
    return np.arange(passing), beside(VECTORS[:passing] if relation == "near" else VECTORS[passing:], 60)


@pytest.mark.parametrize("relation", ["independent", "near", "far"])
@pytest.mark.parametrize("share", [0.001, 0.01, 0.1, 0.5])
def test_the_recall_holds(view: SealedView, relation: str, share: float) -> None:
    rows, queries = rows_and_queries(relation, share)
    allowed = from_rows(rows)
    found = wanted = 0
    for query in queries:
        truth = set(view.search(query, LIMIT, allowed, EXACT).rows.tolist())
        hits = view.search(query, LIMIT, allowed, DEFAULT)
        assert set(hits.rows.tolist()) <= set(rows.tolist())
        assert len(hits.rows) == len(truth) == len(set(hits.rows.tolist()))
        assert (np.diff(hits.cosines) <= 0).all()
        found += len(set(hits.rows.tolist()) & truth)
        wanted += len(truth)
    assert found / wanted >= 0.95


@pytest.mark.parametrize("limit", [1, 500, 5_000])
def test_a_large_page_is_full(view: SealedView, limit: int) -> None:
    query = beside(VECTORS, 1)[0]
    live = COUNT - len(view.dead)
    assert len(view.search(query, limit, None, DEFAULT).rows) == min(limit, live)
    half = from_rows(np.arange(0, COUNT, 2))
    truth = view.search(query, limit, half, EXACT)
    hits = view.search(query, limit, half, DEFAULT)
    assert len(hits.rows) == len(truth.rows)
    assert len(set(hits.rows.tolist()) & set(truth.rows.tolist())) >= 0.9 * len(truth.rows)


def test_the_lists_that_hold_nothing_allowed_are_left_out(view: SealedView) -> None:
    allowed = from_rows(np.arange(0, 1_200))  # a tenth of the clusters
    probes = [view.answer(query, LIMIT, allowed, DEFAULT).probes for query in beside(VECTORS, 20)]
    assert max(probes) <= 40
    assert view.answer(VECTORS[0], LIMIT, from_rows(np.arange(10)), DEFAULT).probes == 0
