"""The biases of items: the formula, the file, its damage, and items that come after it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from index import LocalStore
from index.errors import SpaceMismatchError, VectorError
from index.hubness.bias import BLOCK, biases
from index.hubness.bias_file import as_stored
from index.hubness.building import bias_path
from index.types import CollectionSpec, ItemWrite, Vectors

SPEC = CollectionSpec("shoes", "tiny", "tiny/1", 16)
K, ALPHA = 5, 0.75


def units(count: int, seed: int) -> Vectors:
    found = np.random.default_rng(seed).standard_normal((count, 16)).astype(np.float32)
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return found


def items(vectors: Vectors, first: int = 0) -> list[ItemWrite]:
    return [ItemWrite(f"i{first + n}", f"h{vector[0]}", vectors={"image": vector}) for n, vector in enumerate(vectors)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    opened = LocalStore(tmp_path)
    opened.create(SPEC).upsert(items(units(50, 0)))
    yield opened
    opened.close()


def expected(vectors: Vectors, bank: Vectors) -> Vectors:
    nearest = np.sort(vectors @ bank.T, axis=1)[:, -K:]
    return np.asarray(ALPHA * nearest.mean(axis=1), dtype=np.float32)


def rows_of(store: LocalStore, *ids: str) -> list[int]:
    return [item.row for item in store.open("shoes").get(ids) if item is not None]


def test_the_bias_is_alpha_times_the_mean_of_the_k_nearest_queries() -> None:
    vectors, bank = units(2 * BLOCK + 3, 1), units(40, 2)
    assert biases(vectors, bank, K, ALPHA) == pytest.approx(expected(vectors, bank), abs=1e-5)
    assert biases(vectors[:3], bank, len(bank), 1.0) == pytest.approx((vectors[:3] @ bank.T).mean(axis=1), abs=1e-5)


def test_biases_are_differences_from_the_mean_and_survive_reopening(store: LocalStore, tmp_path: Path) -> None:
    collection, bank = store.open("shoes"), units(40, 2)
    assert collection.biases("image", [1]) is None and collection.info().hubness is None
    info = collection.correct_hubness("image", bank, K, ALPHA)
    assert (info.k, info.alpha, info.queries, info.sequence) == (K, ALPHA, 40, collection.sequence)
    wanted = expected(units(50, 0), as_stored(bank))
    reader = LocalStore(tmp_path, mode="read")
    for one in (collection, reader.open("shoes")):
        found = one.biases("image", rows_of(store, *(f"i{n}" for n in range(50))))
        assert found == pytest.approx(wanted - wanted.mean(), abs=2e-3)
        assert one.info().hubness == info
    reader.close()


def test_items_that_were_written_later_get_their_bias_from_the_same_bank(store: LocalStore) -> None:
    collection, bank = store.open("shoes"), units(40, 2)
    collection.correct_hubness("image", bank, K, ALPHA)
    (row,) = rows_of(store, "i3")
    collection.biases("image", [row])
    collection.upsert(items(units(3, 7), 3))
    collection.upsert(items(units(2, 8), 60))
    collection.delete(["i9"])
    mean = expected(units(50, 0), as_stored(bank)).mean()
    changed = collection.biases("image", rows_of(store, "i3", "i4", "i5", "i60", "i61"))
    wanted = expected(np.concatenate([units(3, 7), units(2, 8)]), as_stored(bank)) - mean
    assert changed == pytest.approx(wanted, abs=2e-3)
    assert collection.biases("image", [10_000]) == pytest.approx([0.0])


def test_the_correction_can_be_replaced_and_turned_off(store: LocalStore) -> None:
    collection = store.open("shoes")
    collection.correct_hubness("image", units(40, 2), K, ALPHA)
    first = collection.biases("image", [1, 2])
    collection.correct_hubness("image", units(40, 3), K, ALPHA)
    assert collection.biases("image", [1, 2]) != pytest.approx(first)
    assert collection.forget_hubness("image") and not collection.forget_hubness("image")
    assert collection.biases("image", [1, 2]) is None


@pytest.mark.parametrize("place", [0, 10, 60, 150, -1, -2000])
def test_a_damaged_file_is_told_and_left_out(
    store: LocalStore, tmp_path: Path, caplog: pytest.LogCaptureFixture, place: int
) -> None:
    collection = store.open("shoes")
    collection.correct_hubness("image", units(40, 2), K, ALPHA)
    path = bias_path(tmp_path / "shoes", "image")
    data = bytearray(path.read_bytes())
    data[place % len(data)] ^= 0x55
    path.unlink()
    path.write_bytes(data)
    assert collection.biases("image", [1, 2]) is None
    assert "lookalike hubness" in caplog.text


def test_a_bank_that_does_not_fit_is_refused(store: LocalStore) -> None:
    collection = store.open("shoes")
    with pytest.raises(VectorError, match="at least k = 41"):
        collection.correct_hubness("image", units(40, 2), 41, ALPHA)
    with pytest.raises(SpaceMismatchError):
        collection.correct_hubness("image", units(40, 2)[:, :8], K, ALPHA)
    with pytest.raises(VectorError, match="NaN"):
        collection.correct_hubness("image", np.full((40, 16), np.nan, np.float32), K, ALPHA)
    assert collection.info().hubness is None


def test_a_collection_without_pictures_is_corrected_once_it_has_some(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    collection, bank = store.create(SPEC), units(40, 2)
    collection.correct_hubness("image", bank, K, ALPHA)
    collection.upsert(items(units(2, 0)))
    found = collection.biases("image", rows_of(store, "i0", "i1"))
    assert found == pytest.approx(expected(units(2, 0), as_stored(bank)), abs=2e-3)
    store.close()
