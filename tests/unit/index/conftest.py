"""Unit tests of the index do not wait for a disk; the integration tests do."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.memory_folder import memory_folder


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    with memory_folder() as folder:
        yield folder
