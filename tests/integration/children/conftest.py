"""An application whose encoder and decoders are real child processes around the tiny bundle."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import structlog

from service.bootstrap import Application, build
from service.settings import Settings
from tests.fakes.tiny_bundle import make_tiny_bundle


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with structlog.testing.capture_logs():
        yield


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    make_tiny_bundle(tmp_path / "bundles")
    return Settings(data_dir=tmp_path, encoder_workers=2, decode_threads=1, ready_deadline_s=30)


@pytest_asyncio.fixture
async def application(settings: Settings) -> AsyncIterator[Application]:
    async with build(settings, in_children=True) as application:
        yield application
