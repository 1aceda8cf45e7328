"""Held-out queries as files: which count, and what a damaged one does."""

import os
import time
from pathlib import Path

import numpy as np
import pytest

from index.durable_files import LEFT_S
from index.query_bank import CAPACITY, ENOUGH, FEWEST, QueryBank
from index.types import Vectors

DIMENSION = 8


def vectors(count: int, seed: int = 0) -> Vectors:
    found = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


@pytest.fixture
def bank(tmp_path: Path) -> QueryBank:
    return QueryBank(tmp_path, DIMENSION)


def test_they_come_back_at_unit_length(bank: QueryBank) -> None:
    bank.write("image", "text", "log", vectors(30))
    found = bank.read("image", "text", "log")
    assert found == pytest.approx(vectors(30), abs=2e-3)
    assert np.linalg.norm(found, axis=1) == pytest.approx(1.0, abs=1e-6)
    assert bank.kinds() == {("image", "text")}


@pytest.mark.parametrize(
    ("logged", "made", "expected"),
    [
        (ENOUGH, 200, ("log", ENOUGH)),
        (ENOUGH - 1, 200, ("items", 200)),
        (ENOUGH - 1, 0, ("log", ENOUGH - 1)),
        (FEWEST - 1, FEWEST - 1, None),
        (0, 0, None),
    ],
)
def test_the_log_counts_once_it_is_long_enough(
    bank: QueryBank, logged: int, made: int, expected: tuple[str, int] | None
) -> None:
    bank.write("image", "text", "log", vectors(logged))
    bank.write("image", "text", "items", vectors(made))
    found = bank.held_out("image", "text")
    assert (found and (found.source, len(found.vectors))) == expected


def test_a_file_is_bounded(bank: QueryBank) -> None:
    bank.write("image", "text", "log", vectors(CAPACITY + 10))
    assert len(bank.read("image", "text", "log")) == CAPACITY


def test_what_a_killed_process_left_goes_with_the_next_file(bank: QueryBank, tmp_path: Path) -> None:
    bank.write("image", "text", "log", vectors(30))
    left, being_written = (tmp_path / "queries" / name for name in (".left.tmp", ".written.tmp"))
    left.touch()
    being_written.touch()
    os.utime(left, (0, time.time() - 2 * LEFT_S))
    bank.write("image", "text", "log", vectors(40))
    assert being_written.exists() and not left.exists()
    assert len(bank.read("image", "text", "log")) == 40


@pytest.mark.parametrize("length", [0, 5, 100, 300])
def test_a_torn_file_is_as_good_as_absent(bank: QueryBank, tmp_path: Path, length: int) -> None:
    bank.write("image", "text", "log", vectors(50))
    (path,) = (tmp_path / "queries").iterdir()
    path.write_bytes(path.read_bytes()[:length])
    assert len(bank.read("image", "text", "log")) == 0
    bank.write("image", "text", "log", vectors(50))
    assert len(bank.read("image", "text", "log")) == 50


def test_queries_of_another_dimension_and_unusable_ones_are_left_out(bank: QueryBank, tmp_path: Path) -> None:
    QueryBank(tmp_path, 4).write("image", "text", "log", np.ones((30, 4), np.float32))
    assert len(bank.read("image", "text", "log")) == 0
    broken = vectors(30)
    broken[3], broken[4] = np.nan, 0.0
    bank.write("image", "text", "log", broken)
    assert len(bank.read("image", "text", "log")) == 28


def test_other_files_in_the_folder_are_no_queries(bank: QueryBank, tmp_path: Path) -> None:
    bank.write("product", "text", "items", vectors(1))
    for name in ("image-nonsense.log.npy", "image-text.log", ".x.tmp"):
        (tmp_path / "queries" / name).write_bytes(b"")
    assert bank.kinds() == {("product", "text")}
