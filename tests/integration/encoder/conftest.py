"""The whole application with the tiny bundle, behind its HTTP interface, without a socket."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
import structlog

from service.bootstrap import build
from service.gateway import create_app
from service.settings import Settings
from tests.fakes.tiny_bundle import make_tiny_bundle


@pytest_asyncio.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    make_tiny_bundle(tmp_path / "bundles")
    settings = Settings(data_dir=tmp_path, search_deadline_s=60.0)
    with structlog.testing.capture_logs():
        async with build(settings) as application:
            app = create_app(application, settings)
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(app), base_url="http://localhost", timeout=None
            ) as client:
                yield client


@pytest.fixture(scope="session", autouse=True)
def peak_counter() -> Path:
    """The file through which Linux forgets a process's peak of memory."""
    counter = Path("/proc/self/clear_refs")
    if not counter.exists():
        pytest.skip("peaks of memory are read from Linux's /proc")
    return counter
