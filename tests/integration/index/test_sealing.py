"""A collection that is sealed while it changes answers as one that never was."""

import fcntl
import os
import subprocess
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.collection_state import FEW_EXCLUDED
from index.errors import SealingBehindError
from index.index_info import CodecKind
from index.sealed import builder
from index.sealed.builder import SealOrder, seal
from index.sealed.policy import SealPolicy
from index.sealed.sealer import NICENESS, builder_command
from index.sealed.snapshot import SnapshotFiles
from index.sealed.tiers import MOST_DRIFT
from index.store import LocalStore
from index.types import CollectionSpec, Filter, ItemWrite, Match, SearchParameters, Vectors
from tests.fakes.card import FakeCard
from tests.integration.index.snapshots import wait_for_snapshot

pytestmark = pytest.mark.usefixtures("one_faiss_thread")

DIMENSION = 32
SPEC = CollectionSpec("shoes", "tiny", "tiny/1", DIMENSION, fields=("image",))
ORDER = SealOrder(least=300)
CODECS: tuple[CodecKind, ...] = ("ivf-pq", "ivf-pq-fastscan", "ivf-rabitq")
EXACT = SearchParameters(exact=True)


def vectors(count: int, seed: int) -> Vectors:
    found = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return found


def items(numbers: range, seed: int) -> list[ItemWrite]:
    return [
        ItemWrite(f"i{n}", f"{seed}", attributes={"brand": f"b{n % 5}"}, vectors={"image": vector})
        for n, vector in zip(numbers, vectors(len(numbers), seed), strict=True)
    ]


@pytest.fixture(params=CODECS)
def spec(request: pytest.FixtureRequest) -> CollectionSpec:
    return replace(SPEC, codec=request.param)


def seal_now(folder: Path) -> None:
    assert seal(folder / "shoes", ORDER, lambda doing, share: None) is not None


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    opened = LocalStore(tmp_path)
    yield opened
    opened.close()


def answers(store: LocalStore, params: SearchParameters = EXACT) -> list[list[str]]:
    """Of ten queries, half of them filtered."""
    collection = store.open("shoes")
    brand = Filter(must=(Match("brand", ("b1",)),))
    return [
        [hit.id for hit in collection.search("image", query, 15, brand if n % 2 else None, params)]
        for n, query in enumerate(vectors(10, 99))
    ]


def change(store: LocalStore, seed: int) -> None:
    """New items, changed vectors, changed attributes only, deletions."""
    collection = store.open("shoes")
    collection.upsert(items(range(400 + 50 * seed, 450 + 50 * seed), seed))
    collection.upsert(items(range(10 * seed, 10 * seed + 30), seed + 100))
    collection.patch(f"i{10 * seed + 5}", {"brand": "b1"})
    collection.delete([f"i{n}" for n in range(100 + 20 * seed, 115 + 20 * seed)])


def test_sealing_between_changes_alters_no_answer(store: LocalStore, tmp_path: Path, spec: CollectionSpec) -> None:
    collection = store.create(spec)
    collection.upsert(items(range(400), 0))
    for round_ in range(4):
        change(store, round_)
        before = answers(store)
        seal_now(tmp_path)
        wait_for_snapshot(store.open("shoes"), round_ + 1)
        assert answers(store) == before
        change(store, round_ + 10)
        after = answers(store)
        again = LocalStore(tmp_path, mode="read")
        assert answers(again) == after
        again.close()


def test_what_a_snapshot_replaced_is_freed_soon(store: LocalStore, tmp_path: Path) -> None:
    collection = store.create(SPEC)
    collection.upsert(items(range(400), 0))
    seal_now(tmp_path)
    wait_for_snapshot(collection, 1)
    freed = threading.Event()
    weakref.finalize(collection._state._segments["image"], freed.set)
    seal_now(tmp_path)
    wait_for_snapshot(collection, 2)
    assert freed.wait(10)


def test_a_store_that_searches_on_a_card_finds_what_is_sealed_fresh_and_alive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = FakeCard()
    card.put(monkeypatch)
    with closing(LocalStore(tmp_path, on_card=True)) as store:
        collection = store.create(SPEC)
        collection.upsert(items(range(400), 0))
        seal_now(tmp_path)
        wait_for_snapshot(collection, 1)
        change(store, 1)
        assert collection.info().index.fields["image"].on_card == 400
        nearest = {
            item.id: collection.search("image", item.vectors["image"], 5, params=SearchParameters(recall=0.5))[0].id
            for item in (*items(range(400), 0), *items(range(450, 500), 1))
        }
        changed = {f"i{n}" for n in (*range(10, 40), *range(120, 135))}
        assert {id_ for id_, found in nearest.items() if found != id_} == changed, "no longer there, or elsewhere"
        assert card.searches >= len(nearest)


@pytest.mark.parametrize("added", [0, 60])
def test_what_died_in_a_segment_that_stays_stays_dead(store: LocalStore, tmp_path: Path, added: int) -> None:
    """The third seal keeps the first one's segment, and learns nothing new of the rows that changed before."""
    collection = store.create(SPEC)
    collection.upsert(items(range(1_000), 0))
    seal_now(tmp_path)
    collection.upsert(items(range(50), 7))
    seal_now(tmp_path)
    collection.upsert(items(range(1_000, 1_000 + added), 8))
    before = answers(store)
    assert seal(tmp_path / "shoes", replace(ORDER, measure=True), lambda doing, share: None) is not None
    wait_for_snapshot(store.open("shoes"), 3)
    assert answers(store) == before
    assert collection.info().vectors["image"] == 1_000 + added


def test_a_vector_that_was_removed_stays_away_though_only_another_field_is_sealed(
    store: LocalStore, tmp_path: Path
) -> None:
    collection = store.create(replace(SPEC, fields=("image", "product")))
    made = items(range(400), 0)
    collection.upsert(
        [replace(one, vectors={"image": one.vectors["image"], "product": one.vectors["image"]}) for one in made]
    )
    seal_now(tmp_path)
    removed = made[:5]
    collection.upsert([replace(one, content_hash="1", vectors={"product": one.vectors["image"]}) for one in removed])
    seal_now(tmp_path)
    wait_for_snapshot(collection, 2)
    with closing(LocalStore(tmp_path, mode="read")) as again:
        for opened in (collection, again.open("shoes")):
            assert opened.info().vectors == {"image": 395, "product": 400}
            for one in removed:
                hits = opened.search("image", one.vectors["image"], 400, params=EXACT)
                assert one.id not in {hit.id for hit in hits}


@pytest.mark.parametrize("count", [0, 1, FEW_EXCLUDED, FEW_EXCLUDED + 1])
@pytest.mark.parametrize("params", [EXACT, SearchParameters(recall=1.0)])
def test_items_that_are_left_out_make_room_for_the_next(
    store: LocalStore, tmp_path: Path, spec: CollectionSpec, count: int, params: SearchParameters
) -> None:
    collection = store.create(spec)
    collection.upsert(items(range(400), 0))
    seal_now(tmp_path)
    wait_for_snapshot(collection, 1)
    collection.upsert(items(range(400, 430), 1))
    (query,) = vectors(1, 99)
    every = [hit.id for hit in collection.search("image", query, 430, params=EXACT)]
    excluded = every[: 2 * count : 2]
    found = [hit.id for hit in collection.search("image", query, 10, params=params, exclude=excluded)]
    wanted = [id_ for id_ in every if id_ not in excluded][:10]
    assert found == wanted if params.exact else len(set(found) & set(wanted)) >= 9 and len(found) == 10
    assert not set(found) & set(excluded)


def test_a_write_during_a_seal_is_neither_lost_nor_doubled(
    store: LocalStore, tmp_path: Path, spec: CollectionSpec
) -> None:
    collection = store.create(spec)
    collection.upsert(items(range(400), 0))

    def meanwhile(doing: str, share: float) -> None:
        if doing.startswith("writing"):
            collection.upsert(items(range(0, 40), 77))
            collection.delete([f"i{n}" for n in range(50, 60)])

    assert seal(tmp_path / "shoes", ORDER, meanwhile) is not None
    before = answers(store)
    wait_for_snapshot(store.open("shoes"), 1)
    assert answers(store) == before
    assert collection.info().items == 390
    assert collection.info().vectors["image"] == 390


def test_stored_vectors_come_from_whichever_segment(store: LocalStore, tmp_path: Path) -> None:
    collection = store.create(SPEC)
    collection.upsert(items(range(400), 0))
    seal_now(tmp_path)
    wait_for_snapshot(store.open("shoes"), 1)
    collection.upsert(items(range(20), 5))
    found = collection.vectors("image", ["i3", "i300", "nobody"])
    assert found[0] == pytest.approx(vectors(20, 5)[3], abs=1e-3)
    assert found[1] == pytest.approx(vectors(400, 0)[300], abs=1e-3)
    assert found[2] is None


def test_sealing_changes_no_bit_of_a_vector(tmp_path: Path) -> None:
    """Few dimensions: rounded to float16 and brought to unit length, some would be rounded to another float16."""
    store = LocalStore(tmp_path, sealing=SealPolicy(least=10**9))
    collection = store.create(replace(SPEC, dimension=8, codec="ivf-rabitq"))
    made = np.random.default_rng(0).standard_normal((5_000, 8))
    ids = [f"i{n}" for n in range(len(made))]
    collection.upsert([ItemWrite(id_, "", vectors={"image": vector}) for id_, vector in zip(ids, made, strict=True)])
    before = collection.vectors("image", ids)
    seal_now(tmp_path)
    wait_for_snapshot(store.open("shoes"), 1)
    assert np.array_equal(np.stack(collection.vectors("image", ids)), np.stack(before))
    store.close()


def test_a_damaged_snapshot_is_left_out_and_built_again(store: LocalStore, tmp_path: Path) -> None:
    store.create(SPEC).upsert(items(range(400), 0))
    before = answers(store)
    seal_now(tmp_path)
    files = SnapshotFiles(tmp_path / "shoes")
    snapshot = files.read()
    assert snapshot is not None
    (name,) = snapshot.fields["image"].segments
    (files.segment(name) / "vectors.f16").write_bytes(b"torn")
    again = LocalStore(tmp_path, mode="read")
    assert answers(again) == before
    again.close()


def test_the_sweep_leaves_what_is_named_and_nothing_else(
    store: LocalStore, tmp_path: Path, spec: CollectionSpec
) -> None:
    store.create(spec).upsert(items(range(400), 0))
    for seed in range(3):
        change(store, seed)
        seal_now(tmp_path)
    files = SnapshotFiles(tmp_path / "shoes")
    snapshot = files.read()
    assert snapshot is not None and snapshot.number == 3
    assert {path.name for path in (files.root / "segments").iterdir()} == set(snapshot.fields["image"].segments)
    assert len(list((files.root / "snapshots").iterdir())) == len(list((files.root / "codecs").iterdir())) == 1


def test_small_collections_stay_exact(store: LocalStore, tmp_path: Path) -> None:
    store.create(SPEC).upsert(items(range(200), 0))
    assert seal(tmp_path / "shoes", ORDER, lambda doing, share: None) is None


def test_approximate_search_finds_nearly_the_same(store: LocalStore, tmp_path: Path, spec: CollectionSpec) -> None:
    store.create(spec).upsert(items(range(400), 0))
    seal_now(tmp_path)
    wait_for_snapshot(store.open("shoes"), 1)
    exact, found = answers(store), answers(store, SearchParameters())
    shared = [len(set(one) & set(other)) / 15 for one, other in zip(exact, found, strict=True)]
    assert np.mean(shared) >= 0.9


def test_the_builder_runs_in_a_process_of_its_own(store: LocalStore, tmp_path: Path) -> None:
    store.create(SPEC).upsert(items(range(400), 0))
    command = builder_command(tmp_path / "shoes", 300)
    with subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0) as builder:  # unbuffered: the rest is read below
        assert builder.stdout is not None and builder.stdout.readline()
        assert os.getpriority(os.PRIO_PROCESS, builder.pid) == min(os.getpriority(os.PRIO_PROCESS, 0) + NICENESS, 19)
        told, _ = builder.communicate(timeout=100)
    assert (builder.returncode, told.splitlines()[-1]) == (0, b'{"snapshot":1}')
    wait_for_snapshot(store.open("shoes"), 1)


def test_enough_writes_seal_by_themselves(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, sealing=SealPolicy(least=300, fresh_least=40))
    collection = store.create(SPEC)
    collection.upsert(items(range(400), 0))
    wait_for_snapshot(store.open("shoes"), 1)
    collection.upsert(items(range(400, 440), 1))
    wait_for_snapshot(store.open("shoes"), 2)
    store.close()
    again = LocalStore(tmp_path, mode="read")
    assert again.open("shoes").info().vectors["image"] == 440
    again.close()


@pytest.mark.parametrize(("added", "measured"), [((50, 49), [True, False, False]), ((50, 70), [True, False, True])])
def test_recall_is_measured_again_once_a_tenth_has_changed(
    store: LocalStore, tmp_path: Path, added: Sequence[int], measured: list[bool]
) -> None:
    collection, told, count, unmeasured = store.create(SPEC), [], 0, 0
    for more, is_measured in zip((1_000, *added), measured, strict=True):
        collection.upsert(items(range(count, count + more), count))
        count += more
        doing: set[str] = set()
        sealed = seal(tmp_path / "shoes", ORDER, lambda what, share, doing=doing: doing.add(what))
        unmeasured = 0 if is_measured else unmeasured + more
        assert sealed is not None and sealed.fields["image"].unmeasured == unmeasured
        told.append("measuring 'image'" in doing)
        assert sealed.fields["image"].curves["image"]
    assert told == measured


def about(centres: Vectors, numbers: range, seed: int, near: float) -> list[ItemWrite]:
    """Items around these centres (float32 [c, d]), in turn; `near` is the length of the noise."""
    noise = vectors(len(numbers), seed)
    made = centres[np.array(numbers) % len(centres)] + near * noise
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return [ItemWrite(f"i{n}", f"{seed}", vectors={"image": vector}) for n, vector in zip(numbers, made, strict=True)]


def test_lists_are_trained_again_for_vectors_that_drifted_and_for_no_others(
    store: LocalStore, tmp_path: Path, spec: CollectionSpec
) -> None:
    """Others come in around other centres, a fifth of all."""
    collection, old, new = store.create(spec), vectors(64, 1), vectors(64, 2)
    sealed, told = [], list[str]()
    for centres, numbers in ((old, range(800)), (old, range(800, 1_000)), (new, range(1_000, 1_250))):
        collection.upsert(about(centres, numbers, len(sealed), near=0.3))
        sealed.append(seal(tmp_path / "shoes", ORDER, lambda doing, share: told.append(doing)))
    assert len([doing for doing in told if doing.startswith("vectors of 'image' have drifted")]) == 1
    codecs = [snapshot.fields["image"].codec for snapshot in sealed if snapshot]
    assert codecs[0] == codecs[1] != codecs[2]
    wait_for_snapshot(collection, 3)
    info = collection.info().index.fields["image"]
    assert info.vectors == 1_250 and info.drift is not None and info.drift < MOST_DRIFT
    codec_files = [path.stem for path in (tmp_path / "shoes" / "codecs").iterdir()]
    assert codec_files == codecs[2:], "what was not needed is gone"
    hits = collection.search("image", new[3], 3, params=EXACT)
    assert len(hits) == 3 and all(int(hit.id[1:]) % 64 == 3 for hit in hits)


def test_recall_is_measured_on_vectors_of_all_segments(
    store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The large segment is easy, its neighbours lie in one list; those of the small one lie in many."""
    monkeypatch.setattr(builder, "MOST_DRIFT", np.inf)
    collection, easy = store.create(SPEC), vectors(64, 1)
    collection.upsert(about(easy, range(2_000), 0, near=0.1))
    seal_now(tmp_path)
    collection.upsert(items(range(2_000, 2_600), 3))
    seal_now(tmp_path)
    wait_for_snapshot(collection, 2)
    info = collection.info().index.fields["image"]
    assert info.segments == 2 and info.drift is not None and info.drift > 2.0
    found = 0
    for vector in vectors(600, 3)[:100]:  # each finds itself first
        exact, approximate = (
            {hit.id for hit in collection.search("image", vector, 11, params=params)}
            for params in (EXACT, SearchParameters(recall=0.95, kind="image"))
        )
        found += len(exact & approximate) - 1
    assert found / 1_000 >= 0.85


def test_writes_wait_for_room_in_memory(tmp_path: Path) -> None:
    """1,250 vectors may be fresh; each batch is as large as what starts a seal."""
    store = LocalStore(tmp_path, sealing=SealPolicy(least=300, memory_bytes=50_000))
    collection = store.create(SPEC)
    for seed in range(5):
        collection.upsert(items(range(500 * seed, 500 * (seed + 1)), seed))
        (standing,) = collection._state.standing()
        assert standing.fresh <= 1_250 + 500
    assert collection.info().items == 2_500
    store.close()


def test_without_a_builder_writes_are_refused_before_memory_runs_out(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, sealing=SealPolicy(least=300, memory_bytes=50_000, wait_s=0.2))
    collection = store.create(SPEC)
    with (tmp_path / "shoes" / "builder.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # as another builder that hangs
        collection.upsert(items(range(1_300), 0))
        with pytest.raises(SealingBehindError, match="until some are sealed"):
            collection.upsert(items(range(1_300, 1_301), 1))
    assert collection.info().items == 1_300
    collection.delete([f"i{n}" for n in range(100)])
    collection.upsert(items(range(1_300, 1_301), 1))
    assert collection.info().items == 1_201
    store.close()


def test_closing_ends_the_builder(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, sealing=SealPolicy(least=300))
    store.create(SPEC).upsert(items(range(400), 0))
    store.close()
    again = LocalStore(tmp_path, sealing=SealPolicy(least=300))
    again.open("shoes").upsert(items(range(400, 401), 1))
    wait_for_snapshot(again.open("shoes"), 1)
    again.close()


def test_old_fresh_rows_are_sealed(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, sealing=SealPolicy(least=300, age_s=0.5))
    store.create(SPEC).upsert(items(range(400), 0))
    wait_for_snapshot(store.open("shoes"), 1)
    store.open("shoes").upsert(items(range(400, 410), 1))  # a fortieth: too few to be sealed at once
    wait_for_snapshot(store.open("shoes"), 2)
    assert store.open("shoes").info().index.fresh == {"image": 0}
    store.close()


def test_many_dead_rows_are_sealed_away(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, sealing=SealPolicy(least=300))
    collection = store.create(SPEC)
    collection.upsert(items(range(400), 0))
    wait_for_snapshot(store.open("shoes"), 1)
    collection.delete([f"i{n}" for n in range(150)])
    wait_for_snapshot(store.open("shoes"), 2)
    sealed = collection.info().index.fields["image"]
    assert (sealed.vectors, sealed.dead, sealed.segments) == (250, 0, 1)
    store.close()


def test_a_field_that_loses_nearly_everything_during_a_seal_stays_exact(
    store: LocalStore, tmp_path: Path, spec: CollectionSpec
) -> None:
    collection = store.create(spec)
    collection.upsert(items(range(400), 0))

    def meanwhile(doing: str, share: float) -> None:
        if doing.startswith("training"):
            collection.delete([f"i{n}" for n in range(4, 400)])

    assert seal(tmp_path / "shoes", ORDER, meanwhile) is None
    assert collection.info().vectors["image"] == 4
    assert not list((tmp_path / "shoes").glob("segments/*"))


def test_a_sealed_segment_may_lose_everything_during_a_seal(
    store: LocalStore, tmp_path: Path, spec: CollectionSpec
) -> None:
    collection = store.create(spec)
    collection.upsert(items(range(400), 0))

    def meanwhile(doing: str, share: float) -> None:
        if doing.startswith("measuring"):
            collection.delete([f"i{n}" for n in range(4, 400)])

    assert seal(tmp_path / "shoes", ORDER, meanwhile) is not None
    wait_for_snapshot(store.open("shoes"), 1)
    assert [len(found) for found in answers(store)] == [4, 1] * 5
    assert seal(tmp_path / "shoes", ORDER, lambda doing, share: None) is not None
    wait_for_snapshot(store.open("shoes"), 2)
    assert [len(found) for found in answers(store)] == [4, 1] * 5


def test_a_field_that_shrank_is_exact_again(store: LocalStore, tmp_path: Path) -> None:
    collection = store.create(SPEC)
    collection.upsert(items(range(400), 0))
    seal_now(tmp_path)
    wait_for_snapshot(store.open("shoes"), 1)
    collection.delete([f"i{n}" for n in range(340)])
    expected = answers(store)
    seal_now(tmp_path)
    wait_for_snapshot(store.open("shoes"), 2)
    assert collection.info().index.fields == {}
    assert answers(store, SearchParameters()) == expected


def test_a_field_that_stays_exact_keeps_its_vectors_beside_a_sealed_one(store: LocalStore, tmp_path: Path) -> None:
    collection = store.create(replace(SPEC, fields=("image", "product")))
    both = [replace(one, vectors={**one.vectors, "product": one.vectors["image"]}) for one in items(range(100), 0)]
    collection.upsert([*both, *items(range(100, 400), 1)])
    seal_now(tmp_path)
    wait_for_snapshot(store.open("shoes"), 1)
    assert collection.info().index.fields.keys() == {"image"}
    again = LocalStore(tmp_path, mode="read")
    for opened in (store, again):
        assert dict(opened.open("shoes").info().vectors) == {"image": 400, "product": 100}
        assert opened.open("shoes").search("product", vectors(100, 0)[7], 1)[0].id == "i7"
    again.close()


def test_memory_and_files_are_told_apart(store: LocalStore, tmp_path: Path, spec: CollectionSpec) -> None:
    collection = store.create(spec)
    collection.upsert(items(range(400), 0))
    exact = collection.info()
    seal_now(tmp_path)
    wait_for_snapshot(store.open("shoes"), 1)
    info = collection.info()
    assert (exact.index.mapped_bytes, exact.index.snapshot) == (0, None)
    assert info.index.mapped_bytes >= 400 * (2 * DIMENSION + 4 + 4)
    assert info.disk_bytes > exact.disk_bytes + info.index.mapped_bytes
    assert (info.index.fields["image"].codec, info.index.covered_sequence) == (spec.codec, 1)
