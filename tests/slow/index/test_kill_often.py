"""The kill tests of the normal suite, until three hundred processes were killed."""

from pathlib import Path

import pytest

from tests.integration.index.killing import Killing

KILLS = 300


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_three_hundred_kills_of_writes_seals_and_backups(tmp_path: Path) -> None:
    killing = Killing(tmp_path, seed=2)
    slowly = Killing(tmp_path / "slowly", seed=4, longest_s=2.5)  # long enough for seals to end
    rounds = 0
    while (killing.kills + slowly.kills).total() < KILLS:
        rounds += 1
        killing.round(backups=rounds % 2 == 0)
        if rounds % 4 == 0:
            slowly.round(backups=True, surely=rounds % 16 == 0)
        if rounds % 20 == 0:
            killing.check_backup()
            slowly.check_backup()
    killing.check_leftovers()
    slowly.check_leftovers()
    kills, batches = killing.kills + slowly.kills, killing.batches + slowly.batches
    print(f"\n{kills}, {batches} batches, {slowly.seals} seals")
    assert batches > KILLS
    assert slowly.seals >= 3
    assert min(kills[what] for what in ("writer", "builder", "backup")) > 10
