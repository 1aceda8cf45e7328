"""A sealed segment of each codec against exact search: recall, filters, dead rows, damage."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import faiss
import numpy as np
import pytest
from pyroaring import BitMap

from index.bitmaps import Rows, from_rows
from index.errors import CorruptError
from index.exact_segment import ExactSegment
from index.sealed import coarse, sealed_view
from index.sealed.coarse import centroids_of, rotated, unrotated_centroids
from index.sealed.codec import CodecKind, CodecSpec
from index.sealed.sealed_segment import SealedSegment
from index.sealed.sealed_view import SealedView
from index.sealed.search_settings import CurvePoint, SearchSettings
from index.sealed.segment_files import SegmentFiles
from index.sealed.segment_writer import write_segment
from index.sealed.training import train
from index.stored_vectors import STORED, Stored, decode, encode
from index.types import SearchParameters, Vectors

pytestmark = pytest.mark.usefixtures("one_faiss_thread")

DIMENSION, COUNT = 32, 6_000
WIDE = {"image": (CurvePoint(SearchSettings(probes=16, candidates=30), recall=0.99, ms=1.0),)}
PARAMS = SearchParameters()
KINDS: tuple[CodecKind, ...] = ("ivf-pq", "ivf-pq-fastscan", "ivf-rabitq")


def clustered(count: int, seed: int) -> Vectors:
    """Around 60 centres, as stored: rounded to float16 and brought back to unit length."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(7).standard_normal((60, DIMENSION))
    vectors = centres[random.integers(0, 60, count)] + 0.5 * random.standard_normal((count, DIMENSION))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return decode([encode(vector) for vector in vectors.astype(np.float32)], DIMENSION)


@dataclass(frozen=True)
class Sealed:
    segment: SealedSegment
    exact: ExactSegment
    vectors: Vectors
    rows: Rows

    def recall(
        self, allowed: BitMap | None = None, dead: BitMap | None = None, settings: SearchSettings = WIDE
    ) -> float:
        """recall@10 over 50 queries; every hit must be allowed, live, and carry its exact cosine."""
        dead = dead or BitMap()
        view = SealedView(self.segment, BitMap(), WIDE).without(np.array(list(dead), np.int64))
        wanted = from_rows(self.rows) - dead if allowed is None else allowed - dead
        found = 0
        for query in clustered(50, seed=3):
            expected = self.exact.view.search(query, 10, wanted, SearchParameters())
            hits = view.search(query, 10, allowed, PARAMS)
            assert set(hits.rows.tolist()) <= set(wanted)
            assert hits.cosines == pytest.approx(self.vectors[np.searchsorted(self.rows, hits.rows)] @ query, abs=1e-6)
            assert (np.diff(hits.cosines) <= 0).all()
            found += len(set(hits.rows.tolist()) & set(expected.rows.tolist()))
        return found / (50 * min(10, len(wanted)))


@pytest.fixture(scope="module", params=KINDS)
def sealed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    vectors = clustered(COUNT, seed=1)
    rows = np.arange(COUNT, dtype=np.int64) * 3 + 5
    codec = train(CodecSpec(request.param, DIMENSION, 32), vectors[:2000])
    folder = tmp_path_factory.mktemp(request.param)

    def chunks() -> Iterator[tuple[Rows, Stored]]:
        for start in range(0, COUNT, 1000):
            yield rows[start : start + 1000], vectors[start : start + 1000].astype(STORED)

    misfit = write_segment(folder, codec, "c1", "image", "tiny/1", chunks())
    centroids = unrotated_centroids(codec)
    assert misfit == pytest.approx(np.mean(1.0 - (vectors @ centroids.T).max(axis=1)), abs=1e-4)
    exact = ExactSegment(DIMENSION)
    exact.stage(rows, vectors)
    exact.publish(BitMap())
    return Sealed(SealedSegment(folder), exact, vectors, rows)


def test_the_right_rows_come_back_with_their_exact_cosines(sealed: Sealed) -> None:
    assert sealed.recall() >= 0.95


def test_many_lists_are_found_by_codes_of_centroids_that_stay_in_the_file(
    sealed: Sealed, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = sealed.segment
    monkeypatch.setattr(coarse, "MANY", 32)
    monkeypatch.setattr(coarse, "LEAST_SIFTED", 8)
    segments = [SealedSegment(plain.folder) for _ in range(2)]
    first, again = (segment.inverted_lists.quantizer for segment in segments)
    assert first.base_index.this == again.base_index.this, "segments of one codec share the codes"
    assert segments[0].nbytes == plain.nbytes - 32 * DIMENSION * 4
    centroids = centroids_of(segments[0]._ivf)
    assert not centroids.codes.is_owned
    assert centroids.reconstruct_n(0, 32).tolist() == centroids_of(plain._ivf).reconstruct_n(0, 32).tolist()
    assert replace(sealed, segment=segments[0]).recall() == pytest.approx(sealed.recall(), abs=0.01)
    query = clustered(1, seed=3)[0]
    some, every = (segments[0].inverted_lists.nearest(query, count) for count in (4, 32))
    assert every.numbers.tolist() == plain.inverted_lists.nearest(query, 32).numbers.tolist()
    assert set(some.numbers) <= set(every.numbers[:8])


def test_centroids_that_are_not_found_in_the_file_stay_in_memory(tmp_path: Path) -> None:
    file, centroids = tmp_path / "lists.faiss", clustered(4, seed=1)
    file.write_bytes(b"xyz" + centroids[:2].tobytes() + centroids[:2].tobytes())
    assert coarse._in_file(centroids, file) is centroids
    file.write_bytes(b"xyz" + centroids.tobytes() + b"more")
    mapped = coarse._in_file(centroids, file)
    assert mapped is not centroids and mapped.tolist() == centroids.tolist()


def test_dead_rows_are_never_found(sealed: Sealed) -> None:
    assert sealed.recall(dead=from_rows(sealed.rows[::4])) >= 0.95


@pytest.mark.parametrize("share", [0.001, 0.01, 0.1, 0.5])
def test_filters_keep_the_recall(sealed: Sealed, share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed_view, "EXACT_ROWS", 100)
    chosen = np.random.default_rng(5).random(COUNT) < share
    assert sealed.recall(from_rows(sealed.rows[chosen]), from_rows(sealed.rows[::7])) >= 0.95


@pytest.mark.parametrize("limit", [1, 25, COUNT, 2 * COUNT])
@pytest.mark.parametrize("share", [0.0005, 0.3, None])
def test_exact_search_agrees_with_the_exact_segment(sealed: Sealed, limit: int, share: float | None) -> None:
    dead = sealed.rows[::5]
    chosen = sealed.rows if share is None else sealed.rows[np.random.default_rng(5).random(COUNT) < share]
    view = SealedView(sealed.segment, BitMap()).without(dead)
    for query in clustered(5, seed=9):
        expected = sealed.exact.view.search(query, limit, from_rows(chosen) - from_rows(dead), PARAMS)
        hits = view.search(query, limit, None if share is None else from_rows(chosen), SearchParameters(exact=True))
        assert hits.rows.tolist() == expected.rows.tolist()
        assert hits.cosines.tolist() == expected.cosines.tolist()


@pytest.mark.parametrize("limit", [1, 10, 500])
def test_candidates_however_many_get_the_order_of_exact_search(sealed: Sealed, limit: int) -> None:
    for query in clustered(5, seed=9):
        hits = sealed.segment.rescored(np.arange(COUNT), query, limit)
        expected = sealed.exact.view.search(query, limit, None, PARAMS)
        assert (hits.rows.tolist(), hits.cosines.tolist()) == (expected.rows.tolist(), expected.cosines.tolist())


def test_exact_search_looks_until_rounding_cannot_hide_a_nearer_one(tmp_path: Path) -> None:
    """Hundreds about the query, where the product follows the rounded lengths and the cosine does not."""
    chance, middle = np.random.default_rng(3), clustered(1, seed=9)[0]

    def about(count: int, distance: float) -> Vectors:
        near = middle + distance * chance.standard_normal((count, DIMENSION)).astype(np.float32)
        near /= np.linalg.norm(near, axis=1, keepdims=True)
        return decode([encode(vector) for vector in near], DIMENSION)

    vectors = about(700, 0.0001)
    codec = train(CodecSpec("ivf-rabitq", DIMENSION, 16), clustered(700, seed=1))
    write_segment(tmp_path, codec, "c1", "image", "tiny/1", [(np.arange(700), vectors.astype(STORED))])
    exact = ExactSegment(DIMENSION)
    exact.stage(np.arange(700), vectors)
    exact.publish(BitMap())
    segment = SealedSegment(tmp_path)
    for query in about(10, 0.01):
        expected = exact.view.search(query, 10, None, PARAMS).rows.tolist()
        hits = SealedView(segment, BitMap()).search(query, 10, None, SearchParameters(exact=True))
        assert hits.rows.tolist() == expected
        assert segment.rescored(np.arange(700), query, 10).rows.tolist() == expected


def test_stored_vectors_come_back_by_row(sealed: Sealed) -> None:
    rows = np.array([4, 5, 8, 9, sealed.rows[-1], 10**9])
    slots = sealed.segment.slots_of(rows)
    assert sealed.segment.rows[slots].tolist() == [5, 8, sealed.rows[-1]]
    assert sealed.segment.vectors(slots) == pytest.approx(sealed.vectors[[0, 1, -1]], abs=1e-7)


def test_slots_lie_in_list_order(sealed: Sealed) -> None:
    ivf = sealed.segment._ivf
    lists = ivf.quantizer.assign(rotated(sealed.segment._index, sealed.segment.vectors(np.arange(COUNT))), 1)
    assert (np.diff(lists.ravel()) >= 0).mean() > 0.999  # float16 may move a vector on a border


def test_segments_with_a_graph_over_their_lists_are_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As they were sealed before. Each vector is in the nearest list, whatever the graph finds."""
    factory = f"RR{DIMENSION},IVF256_HNSW32,RaBitQfs"
    monkeypatch.setattr(CodecSpec, "factory", factory)
    monkeypatch.setattr(coarse, "MANY", 256)
    vectors = np.random.default_rng(1).standard_normal((12_000, DIMENSION)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    codec = train(CodecSpec("ivf-rabitq", DIMENSION, 256), vectors)
    graph = faiss.downcast_index(faiss.extract_index_ivf(codec).quantizer)
    graph.hnsw.efSearch = 1  # so few lists any walk would find
    write_segment(tmp_path, codec, "c1", "image", "tiny/1", [(np.arange(len(vectors)), vectors.astype(STORED))])
    segment = SealedSegment(tmp_path)
    turned = rotated(segment._index, segment.vectors(np.arange(segment.count)))
    lists, by_graph = centroids_of(segment._ivf).assign(turned, 1).ravel(), graph.assign(turned, 1).ravel()
    assert (np.diff(lists) >= 0).mean() > 0.999
    assert (lists == by_graph).mean() < 0.95, "this graph finds every one, and proves nothing"
    assert isinstance(segment.inverted_lists.quantizer, faiss.IndexRefine)


@pytest.mark.parametrize("name", ["lists.faiss", "vectors.f16", "rows.u32", "slots.i32"])
def test_torn_and_flipped_files_are_noticed(tmp_path: Path, name: str) -> None:
    vectors = clustered(700, seed=1)
    codec = train(CodecSpec("ivf-rabitq", DIMENSION, 16), vectors)
    write_segment(tmp_path, codec, "c1", "image", "tiny/1", [(np.arange(700), vectors.astype(STORED))])
    files, path = SegmentFiles(tmp_path), tmp_path / name
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    with pytest.raises(CorruptError):
        SealedSegment(tmp_path)
    path.write_bytes(whole[:300] + bytes([whole[300] ^ 4]) + whole[301:])
    with pytest.raises(CorruptError):
        SegmentFiles(tmp_path).verify(files.description())


def test_an_empty_segment_finds_nothing(tmp_path: Path) -> None:
    codec = train(CodecSpec("ivf-rabitq", DIMENSION, 16), clustered(700, seed=1))
    assert write_segment(tmp_path, codec, "c1", "image", "tiny/1", []) == 0.0
    segment = SealedSegment(tmp_path)
    assert segment.slots_of(np.array([1, 2])).tolist() == []
    assert SealedView(segment, BitMap()).search(clustered(1, 2)[0], 5, None, PARAMS).rows.tolist() == []
