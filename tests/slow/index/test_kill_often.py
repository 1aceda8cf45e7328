"""The kill test of the normal suite, a hundred times."""

from pathlib import Path

import pytest

from tests.integration.index.killing import Killing


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_hundred_kills(tmp_path: Path) -> None:
    killing = Killing(tmp_path, seed=2)
    for _ in range(100):
        killing.round()
    assert killing.batches > 1000
