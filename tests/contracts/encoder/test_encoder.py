"""What every engine owes its callers."""

import gc
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from models.arrays import Pixels
from models.errors import TextError
from tests.contracts.encoder.conftest import THREADS, Case
from tests.fakes.tiny_bundle import COLOURS
from tests.fakes.tiny_manifest import CONTEXT, DIMENSION, SIZE

TEXTS = [" ".join(["red", "shoe", "in", "a", "photo"][: 1 + n % 5] + ["very"] * (n % 7)) for n in range(21)]
GROWTH_BYTES = 30_000_000
_PAGE = 4096


def noise(rows: int, seed: int = 0) -> Pixels:
    """Grainy pictures of one colour each."""
    random = np.random.default_rng(seed)
    colours = random.choice(list(COLOURS.values()), rows).reshape(rows, 1, 1, 3)
    grain = random.integers(-60, 61, (rows, SIZE, SIZE, 3))
    return np.clip(colours + grain, 0, 255).astype(np.uint8)


def test_it_gives_the_vectors_of_the_reference(case: Case) -> None:
    pixels = noise(21)
    expected = case.reference.encode_pixels(pixels)
    assert case.encoder.encode_pixels(pixels) == pytest.approx(expected, abs=case.tolerance)
    expected = case.reference.encode_texts(TEXTS).vectors
    assert case.encoder.encode_texts(TEXTS).vectors == pytest.approx(expected, abs=case.tolerance)


@pytest.mark.parametrize("rows", [0, 1, 2, 3, 5, 16, 17, 21])
def test_there_are_as_many_vectors_as_inputs(case: Case, rows: int) -> None:
    vectors = case.encoder.encode_pixels(noise(rows))
    assert (vectors.shape, vectors.dtype) == ((rows, DIMENSION), np.float32)
    encoded = case.encoder.encode_texts(TEXTS[:rows])
    assert (encoded.vectors.shape, len(encoded.token_counts), len(encoded.truncated)) == ((rows, DIMENSION), rows, rows)


def test_a_batch_equals_its_inputs_one_by_one(case: Case) -> None:
    """Also in int8, where a brighter neighbour would change the range of the whole batch."""
    pixels = noise(13)
    pixels[3:] //= 16
    alone = np.concatenate([case.encoder.encode_pixels(one[None]) for one in pixels])
    assert case.encoder.encode_pixels(pixels) == pytest.approx(alone, abs=2e-6)
    alone = np.concatenate([case.encoder.encode_texts([text]).vectors for text in TEXTS])
    assert case.encoder.encode_texts(TEXTS).vectors == pytest.approx(alone, abs=2e-6)


def test_the_order_of_texts_of_many_lengths_is_kept(case: Case) -> None:
    forwards, backwards = case.encoder.encode_texts(TEXTS), case.encoder.encode_texts(TEXTS[::-1])
    assert backwards.vectors[::-1] == pytest.approx(forwards.vectors, abs=2e-6)
    assert backwards.token_counts[::-1] == forwards.token_counts


def test_vectors_have_unit_length(case: Case) -> None:
    assert np.linalg.norm(case.encoder.encode_pixels(noise(3)), axis=1) == pytest.approx(1, abs=1e-2)


def test_a_text_longer_than_the_context_is_cut_and_says_so(case: Case) -> None:
    encoded = case.encoder.encode_texts([" ".join(["red"] * CONTEXT), " ".join(["red"] * CONTEXT + ["blue"])])
    assert (encoded.truncated, encoded.token_counts) == ((False, True), (CONTEXT, CONTEXT))
    assert encoded.vectors[0] == pytest.approx(encoded.vectors[1], abs=2e-6)


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_a_text_without_a_token_is_refused_and_hurts_nothing(case: Case, text: str) -> None:
    with pytest.raises(TextError):
        case.encoder.encode_texts(["red", text])
    assert case.encoder.encode_texts(["red"]).vectors.shape == (1, DIMENSION)


def test_threads_get_their_own_answers(case: Case) -> None:
    expected = {n: case.encoder.encode_pixels(noise(1 + n % 4, n)) for n in range(THREADS)}

    def encode(n: int) -> bool:
        found = [case.encoder.encode_pixels(noise(1 + n % 4, n)) for _ in range(20)]
        words = [case.encoder.encode_texts(TEXTS[n : n + 3]).vectors for _ in range(20)]
        same_words = all(np.allclose(one, words[0], atol=2e-6) for one in words)
        return same_words and all(np.allclose(one, expected[n], atol=2e-6) for one in found)

    with ThreadPoolExecutor(THREADS) as pool:
        assert all(pool.map(encode, range(THREADS)))


def test_an_answer_does_not_change_when_the_next_one_comes(case: Case) -> None:
    first = case.encoder.encode_pixels(noise(2, 1))
    kept = first.copy()
    case.encoder.encode_pixels(noise(2, 2))
    assert (first == kept).all()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_does_not_grow_with_the_shapes_seen(case: Case) -> None:
    """500 batches of differing row counts and lengths."""
    random = np.random.default_rng(5)

    def some_batches(count: int) -> None:
        for rows, words in random.integers(1, 40, (count, 2)):
            case.encoder.encode_pixels(noise(int(rows)))
            case.encoder.encode_texts([" ".join(["red"] * int(words))] * int(rows))

    some_batches(60)
    before = resident_bytes()
    some_batches(500)
    assert resident_bytes() - before < GROWTH_BYTES


def resident_bytes() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
