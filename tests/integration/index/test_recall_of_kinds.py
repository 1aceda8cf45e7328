"""Recall is measured for each kind of query, chosen for each, and travels with the call."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from index.collection import LocalCollection
from index.index_info import CodecKind, QueryKind
from index.sealed import measuring
from index.sealed.builder import SealOrder, seal
from index.sealed.policy import SealPolicy
from index.sealed.sealed_segment import SealedSegment
from index.sealed.sealed_view import SealedView
from index.sealed.search_settings import EXHAUSTIVE, CurvePoint, SearchSettings
from index.sealed.snapshot import SnapshotFiles
from index.segment import Hits
from index.store import LocalStore
from index.types import CollectionSpec, Filter, ItemWrite, Match, SearchParameters, Vector, Vectors
from tests.integration.index.snapshots import wait_for_snapshot
from tests.integration.index.test_sealing import CODECS

pytestmark = pytest.mark.usefixtures("one_faiss_thread")

DIMENSION, COUNT = 32, 3_000
SPEC = CollectionSpec("shoes", "tiny", "tiny/1", DIMENSION, fields=("image",))
DEFAULT, EXACT = SearchParameters(), SearchParameters(exact=True)
KINDS: tuple[QueryKind, ...] = ("image", "text", "composed")


def clustered(count: int, seed: int, spread: float = 0.5) -> Vectors:
    chance = np.random.default_rng(seed)
    centres = np.random.default_rng(7).standard_normal((40, DIMENSION))
    found = centres[chance.integers(0, 40, count)] + spread * chance.standard_normal((count, DIMENSION))
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


@pytest.fixture(scope="module", params=CODECS)
def collection(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCollection]:
    """Two sealed segments, dead rows, fresh rows; text queries that lie off the vectors, composed ones unknown."""
    folder = tmp_path_factory.mktemp(request.param)
    store = LocalStore(folder)
    made = store.create(replace(SPEC, codec=request.param))
    vectors = clustered(COUNT, 1)
    made.keep_queries("image", "text", "items", clustered(150, 2, spread=3.0))
    made.keep_queries("image", "composed", "log", clustered(10, 3))
    with pytest.MonkeyPatch.context() as patch:
        timed_by_work(patch)
        for start, end in ((0, 2_000), (2_000, 2_300)):
            made.upsert([item(n, vectors[n]) for n in range(start, end)])
            assert seal(folder / "shoes", SealOrder(least=300), lambda doing, share: None) is not None
    made.upsert([item(n, vectors[n]) for n in range(2_300, COUNT)])
    made.delete([f"i{n}" for n in range(0, 400, 3)])
    wait_for_snapshot(store.open("shoes"), 2)
    yield made
    store.close()


def timed_by_work(patch: pytest.MonkeyPatch) -> None:
    """Each point has its work as time: a machine that stands still meanwhile would leave others on the curve."""
    measured = measuring._point

    def point(
        views: Sequence[SealedView], sample: measuring.Sample, truth: Sequence[Hits], settings: SearchSettings
    ) -> CurvePoint:
        return replace(measured(views, sample, truth, settings), ms=settings.probes * settings.candidates / 1_000)

    patch.setattr(measuring, "_point", point)
    patch.setattr(measuring, "_exact_ms", lambda views, query: 0.0)


def item(number: int, vector: Vector) -> ItemWrite:
    return ItemWrite(f"i{number}", "", attributes={"brand": f"b{number % 5}"}, vectors={"image": vector})


def test_each_kind_has_its_own_curve_and_source(collection: LocalCollection) -> None:
    measured = collection.info().index.fields["image"].measured
    assert {kind: (one.on.source, one.on.queries) for kind, one in measured.items()} == {
        "image": ("own", 200),
        "text": ("items", 150),
    }
    for one in measured.values():
        recalls, times = [point.recall for point in one.curve], [point.ms for point in one.curve]
        assert recalls == sorted(recalls) and times == sorted(times)
        assert one.chosen.recall >= 0.95


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("limit", [1, 3, 10, 25])
def test_the_target_holds_on_other_queries_of_the_kind(
    collection: LocalCollection, kind: QueryKind, limit: int
) -> None:
    queries = clustered(200, 11, spread=0.5 if kind == "image" else 3.0)
    params = SearchParameters(kind=kind)
    checks = [collection.check_recall("image", query, limit, params=params) for query in queries]
    recalls = [check.recall for check in checks if check is not None]
    assert len(recalls) == 200
    assert np.mean(recalls) >= 0.93


def test_a_request_picks_a_point_of_the_curve(collection: LocalCollection) -> None:
    queries = clustered(100, 12, spread=3.0)

    def recall(wanted: float) -> float:
        params = SearchParameters(kind="text", recall=wanted)
        checks = [collection.check_recall("image", query, 10, params=params) for query in queries]
        return float(np.mean([check.recall for check in checks if check is not None]))

    curve = collection.info().index.fields["image"].measured["text"].curve
    low, high = recall(curve[0].recall), recall(0.999)
    assert low > curve[0].recall - 0.05
    assert low < high
    assert high > 0.97
    exact = collection.check_recall("image", queries[0], 10, params=SearchParameters(exact=True))
    assert exact is not None and exact.recall == 1.0


def test_of_equal_vectors_one_is_as_good_as_another(tmp_path: Path) -> None:
    """Many products have one picture: whichever of them is found, it is one of the nearest."""
    with closing(LocalStore(tmp_path)) as store:
        made = store.create(SPEC)
        vectors = clustered(64, 1)
        made.upsert([item(n, vectors[n % 64]) for n in range(2_560)])
        assert seal(tmp_path / "shoes", SealOrder(least=300), lambda doing, share: None) is not None
        wait_for_snapshot(made, 1)
        assert made.info().index.fields["image"].measured["image"].chosen.recall >= 0.95
        checks = [made.check_recall("image", query, 10, params=DEFAULT) for query in vectors]
        assert np.mean([check.recall for check in checks if check is not None]) > 0.99


def test_what_is_dead_is_neither_asked_for_nor_expected(tmp_path: Path) -> None:
    """A third of the vectors lie nowhere near the others, and die."""
    with closing(LocalStore(tmp_path)) as store:
        made = store.create(SPEC)
        vectors = clustered(COUNT, 1)
        vectors[2_200:] *= -1
        made.upsert([item(n, vectors[n]) for n in range(COUNT)])
        order = SealOrder(least=300)
        assert seal(tmp_path / "shoes", order, lambda doing, share: None) is not None
        made.delete([f"i{n}" for n in range(2_200, COUNT)])
        snapshot = seal(tmp_path / "shoes", replace(order, measure=True), lambda doing, share: None)
        assert snapshot is not None
        (name,) = snapshot.fields["image"].segments
        segment = SealedSegment(SnapshotFiles(tmp_path / "shoes").segment(name))
        view = SealedView.of(segment, snapshot.fields["image"].dead_rows(name), {})
        assert (segment.count, view.live) == (COUNT, 2_200)
        sample = measuring.Sample.own([view], 500)
        nearest = measuring.exact_hits([view], sample.queries, sample.own_rows)
        assert view.is_alive(segment.slots_of(sample.own_rows)).all()
        assert all(view.is_alive(segment.slots_of(hits.rows)).all() and len(hits.rows) == 10 for hits in nearest)


def test_threads_with_different_parameters_get_what_each_gets_alone(collection: LocalCollection) -> None:
    queries = clustered(32, 13, spread=2.0)
    brand = Filter(must=(Match("brand", ("b1",)),))
    choices = [
        (SearchParameters(exact, recall, cast(QueryKind, kind)), filter_)
        for exact, recall in ((False, None), (False, 0.3), (False, 0.8), (False, 1.0), (True, None))
        for kind in ("text", "image", None)
        for filter_ in (None, brand)
    ]

    def answers(number: int) -> list[list[tuple[str, float]]]:
        params, filter_ = choices[number % len(choices)]
        return [
            [(hit.id, hit.cosine) for hit in collection.search("image", query, 10, filter_, params)]
            for query in queries
        ]

    alone = [answers(number) for number in range(32)]
    assert len({repr(one) for one in alone}) >= 3  # the parameters do change what is found
    with ThreadPoolExecutor(32) as pool:
        together = list(pool.map(answers, range(32)))
    assert together == alone


@pytest.mark.parametrize("codec", CODECS)
def test_where_exact_search_is_the_faster_way_to_a_recall_it_is_taken(
    codec: CodecKind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "NOTICED_MS", 0.0)
    monkeypatch.setattr(measuring, "_exact_ms", lambda views, query: 1e-6)
    store = LocalStore(tmp_path)
    made = store.create(replace(SPEC, codec=codec))
    made.upsert([item(n, vector) for n, vector in enumerate(clustered(400, 1))])
    assert seal(tmp_path / "shoes", SealOrder(least=300), lambda doing, share: None) is not None
    wait_for_snapshot(made, 1)
    (point,) = made.info().index.fields["image"].measured["image"].curve
    assert (point.settings, point.recall) == (EXHAUSTIVE, 1.0)
    for query in clustered(20, 4, spread=3.0):
        found, wanted = (made.search("image", query, 10, params=params) for params in (DEFAULT, EXACT))
        assert [hit.id for hit in found] == [hit.id for hit in wanted]
    store.close()


def test_queries_that_come_later_are_measured_without_a_write(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, sealing=SealPolicy(least=300))
    made = store.create(SPEC)
    made.upsert([item(n, vector) for n, vector in enumerate(clustered(400, 1))])
    wait_for_snapshot(store.open("shoes"), 1)
    assert made.info().index.fields["image"].measured.keys() == {"image"}
    store.close()
    again = LocalStore(tmp_path, sealing=SealPolicy(least=300))
    opened = again.open("shoes")
    opened.keep_queries("image", "text", "log", clustered(120, 5))
    segments = sorted((tmp_path / "shoes" / "segments").iterdir())
    opened.tend()
    wait_for_snapshot(again.open("shoes"), 2)
    assert opened.info().index.fields["image"].measured["text"].on.source == "log"
    assert sorted((tmp_path / "shoes" / "segments").iterdir()) == segments
    opened.tend(measure=True)
    wait_for_snapshot(again.open("shoes"), 3)
    again.close()


def test_what_was_indexed_without_a_server_is_sealed_by_who_tends(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.create(SPEC).upsert([item(n, vector) for n, vector in enumerate(clustered(400, 1))])
    store.close()
    again = LocalStore(tmp_path, sealing=SealPolicy(least=300))
    again.open("shoes").tend()
    wait_for_snapshot(again.open("shoes"), 1)
    again.close()


def test_a_collection_that_wants_exact_search_is_never_sealed(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    exact = store.create(replace(SPEC, codec="exact"))
    exact.upsert([item(n, vector) for n, vector in enumerate(clustered(400, 1))])
    assert seal(tmp_path / "shoes", SealOrder(least=300), lambda doing, share: None) is None
    assert not any(SealPolicy(least=300).reason(one) for one in exact._state.standing())
    store.close()
