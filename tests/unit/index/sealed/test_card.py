"""Sealing with a card, where there is one, gives the same codec and lists. The card here is a fake."""

from pathlib import Path

import numpy as np
import pytest

from index.sealed.codec import CodecSpec
from index.sealed.segment_files import SegmentFiles
from index.sealed.segment_writer import write_segment
from index.sealed.training import train
from index.stored_vectors import STORED
from index.types import Vectors
from tests.fakes.card import FakeCard

pytestmark = pytest.mark.usefixtures("one_faiss_thread")

DIMENSION, COUNT = 32, 3_000


def vectors() -> Vectors:
    made = np.random.default_rng(0).standard_normal((COUNT, DIMENSION)).astype(np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return made


def sealed(folder: Path) -> bytes:
    codec = train(CodecSpec("ivf-rabitq", DIMENSION, 32), vectors())
    folder.mkdir()
    write_segment(folder, codec, "c", "image", "s", [(np.arange(COUNT), vectors().astype(STORED))])
    return SegmentFiles(folder).rows.read_bytes()


@pytest.mark.parametrize("room", [0, 1_000_000])
def test_a_card_changes_nothing_but_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    without, card = sealed(tmp_path / "without"), FakeCard(room)
    card.put(monkeypatch)
    assert sealed(tmp_path / "with") == without
    assert card.copied == (2 if room else 0)
