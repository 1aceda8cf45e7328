"""Sealing with a card, where there is one, gives the same codec and lists. The card here is a copy on the CPU."""

from pathlib import Path
from typing import Any

import faiss as faiss_library
import numpy as np
import pytest

from index.sealed.codec import CodecSpec
from index.sealed.segment_files import SegmentFiles
from index.sealed.segment_writer import write_segment
from index.sealed.training import train
from index.stored_vectors import STORED
from index.types import Vectors

pytestmark = pytest.mark.usefixtures("one_faiss_thread")

faiss: Any = faiss_library
DIMENSION, COUNT = 32, 3_000


def vectors() -> Vectors:
    made = np.random.default_rng(0).standard_normal((COUNT, DIMENSION)).astype(np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return made


class Card:
    """Counts what is put on it; a full one takes nothing."""

    def __init__(self, is_full: bool = False) -> None:
        self.taken = 0
        self._is_full = is_full

    def take(self, index: Any) -> Any:
        if self._is_full:
            raise RuntimeError("out of memory")
        self.taken += 1
        return faiss.clone_index(index)


def sealed(folder: Path) -> bytes:
    codec = train(CodecSpec("ivf-rabitq", DIMENSION, 32), vectors())
    folder.mkdir()
    write_segment(folder, codec, "c", "image", "s", [(np.arange(COUNT), vectors().astype(STORED))])
    return SegmentFiles(folder).rows.read_bytes()


@pytest.mark.parametrize("is_full", [False, True])
def test_a_card_changes_nothing_but_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_full: bool) -> None:
    without, card = sealed(tmp_path / "without"), Card(is_full)
    monkeypatch.setattr(faiss, "get_num_gpus", lambda: 1, raising=False)
    monkeypatch.setattr(faiss, "index_cpu_to_all_gpus", card.take, raising=False)
    assert sealed(tmp_path / "with") == without
    assert card.taken == (0 if is_full else 2)
