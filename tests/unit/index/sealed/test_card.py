"""Sealing with a card gives the same codec and lists; searches that wait share a call. The card here is a fake."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from index.sealed import card as cards
from index.sealed.card import CardCopy
from index.sealed.codec import CodecSpec
from index.sealed.segment_files import SegmentFiles
from index.sealed.segment_writer import write_segment
from index.sealed.training import train
from index.stored_vectors import STORED
from index.types import Vectors
from tests.fakes.card import FakeCard

pytestmark = pytest.mark.usefixtures("one_faiss_thread")

DIMENSION, COUNT, LISTS = 32, 3_000, 32
CALLERS = 12


def vectors() -> Vectors:
    made = np.random.default_rng(0).standard_normal((COUNT, DIMENSION)).astype(np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return made


def sealed(folder: Path) -> bytes:
    codec = train(CodecSpec("ivf-rabitq", DIMENSION, LISTS), vectors())
    folder.mkdir()
    write_segment(folder, codec, "c", "image", "s", [(np.arange(COUNT), vectors().astype(STORED))])
    return SegmentFiles(folder).rows.read_bytes()


@pytest.mark.parametrize("room", [0, 1_000_000])
def test_a_card_changes_nothing_but_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    without, card = sealed(tmp_path / "without"), FakeCard(room)
    card.put(monkeypatch)
    assert sealed(tmp_path / "with") == without
    assert card.copied == (2 if room else 0)


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> FakeCard:
    made = FakeCard()
    made.put(monkeypatch)
    return made


def copied() -> CardCopy:
    return CardCopy(vectors().astype(STORED), vectors()[:LISTS])


def searched(copy: CardCopy, number: int) -> list[int]:
    """The 1, 2, 3, ... nearest of a vector, in a quarter of the lists or a half."""
    return copy.nearest(vectors()[number], number + 1, LISTS // (4 if number % 2 else 2)).tolist()


def at_once(copy: CardCopy) -> list[Future[list[int]]]:
    """CALLERS searches that come while the card is busy."""
    with ThreadPoolExecutor(CALLERS) as pool:
        with cards._calling:
            searches = [pool.submit(searched, copy, number) for number in range(CALLERS)]
            while sum(map(len, list(copy._waiting.values()))) < CALLERS:
                time.sleep(0.001)
        return searches


def test_searches_that_wait_share_a_call_and_get_what_each_gets_alone(card: FakeCard) -> None:
    copy = copied()
    alone = [searched(copy, number) for number in range(CALLERS)]
    assert [len(places) for places in alone] == list(range(1, CALLERS + 1))
    card.searches = 0
    assert [search.result() for search in at_once(copy)] == alone
    assert card.searches == 2, "one a number of lists"


def test_each_search_hears_that_the_card_is_broken(card: FakeCard) -> None:
    copy = copied()
    card.is_broken = True
    assert all(isinstance(search.exception(), RuntimeError) for search in at_once(copy))
    card.is_broken = False
    assert searched(copy, 0) == [0]
