"""The sample of live queries: bounded, uniform between two writes, fading in the file."""

import numpy as np
import pytest

from index.query_bank import CAPACITY
from service.pipeline.recall.query_log import MAX_KEYS, NEW, REPLACED, LogKey, QueryLog, merged

KEY = LogKey("shoes", "image", "text")


def numbered(*numbers: int) -> np.ndarray:
    """float32 [n, 2]: distinct as float16 up to 2,048."""
    return np.array([[number, 1.0] for number in numbers], np.float32)


def test_it_holds_a_uniform_sample_of_what_came() -> None:
    log = QueryLog(np.random.default_rng(0))
    means = []
    for _ in range(40):
        for vector in numbered(*range(1_000)):
            log.offer(KEY, vector)
        ((key, vectors),) = log.emptied()
        assert (key, len(vectors)) == (KEY, NEW)
        means.append(vectors[:, 0].mean())
    assert np.mean(means) == pytest.approx(499.5, abs=4 * 288.7 / np.sqrt(40 * NEW))
    assert list(log.emptied()) == []


def test_it_knows_a_bounded_number_of_kinds() -> None:
    log = QueryLog()
    for n in range(MAX_KEYS + 10):
        log.offer(LogKey(f"c{n}", "image", "text"), numbered(1)[0])
    assert len(list(log.emptied())) == MAX_KEYS


def test_a_collection_made_anew_starts_anew() -> None:
    log = QueryLog()
    log.offer(KEY, np.ones(2, np.float32))
    log.offer(KEY, np.ones(3, np.float32))
    ((_, vectors),) = log.emptied()
    assert vectors.shape == (1, 3)


def test_a_file_grows_and_then_fades() -> None:
    chance = np.random.default_rng(0)
    kept = merged(numbered(*range(CAPACITY - 3)), numbered(*range(1_000, 1_010)), chance)
    assert len(kept) == CAPACITY
    later = merged(kept, numbered(*range(1_100, 1_160)), chance)
    assert (len(later), int((later[:, 0] >= 1_100).sum())) == (CAPACITY, REPLACED)
    for n in range(3_000):
        kept = merged(kept, numbered(1_200 + n % 800), chance)
    assert (kept[:, 0] >= 1_200).mean() > 0.95


def test_a_query_is_held_once() -> None:
    kept = merged(numbered(1, 2), numbered(2, 3, 3), np.random.default_rng(0))
    assert kept[:, 0].tolist() == [1, 2, 3]
