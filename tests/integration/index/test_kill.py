"""`kill -9` at random instants: nothing acknowledged is lost, nothing is half there."""

from pathlib import Path

from tests.integration.index.killing import Killing

ROUNDS = 10


def test_a_killed_writer_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    killing = Killing(tmp_path, seed=1)
    for _ in range(ROUNDS):
        killing.round()
    assert killing.batches > ROUNDS
