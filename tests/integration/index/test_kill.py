"""`kill -9` at random instants: nothing acknowledged is lost, nothing is half there."""

from pathlib import Path

import pytest

from tests.integration.index.killing import Killing

ROUNDS = 8


def test_a_killed_writer_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    killing = Killing(tmp_path, seed=1)
    for _ in range(ROUNDS):
        killing.round()
    assert killing.batches > ROUNDS


@pytest.mark.timeout(300)
def test_kills_during_seals_and_backups_leave_nothing_half_done(tmp_path: Path) -> None:
    killing = Killing(tmp_path, seed=3, longest_s=2.0)
    for number in range(4):
        killing.round(backups=True, surely=number in (1, 2))
        killing.check_backup()
    assert killing.points and killing.seals
    killing.check_leftovers()
