"""Vectors at random, and segments of stretches of them: what several segments are searched with."""

from pathlib import Path
from typing import Any

import faiss
import numpy as np

from index.sealed.segment_writer import write_segment
from index.stored_vectors import STORED, Stored


def stored_vectors(count: int, dimension: int, seed: int) -> Stored:
    """Of unit length."""
    vectors = np.random.default_rng(seed).standard_normal((count, dimension))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(STORED)


def write_stretch(folder: Path, codec: Any, stored: Stored, start: int, end: int) -> None:
    """A segment of the rows from `start` up to `end`, in a new folder."""
    folder.mkdir()
    chunk = (np.arange(start, end, dtype=np.int64), stored[start:end])
    write_segment(folder, faiss.clone_index(codec), "c1", "image", "tiny/1", [chunk])
