"""The gateway around a fake core, and a client that talks to it without a socket."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio
import structlog
from fastapi import FastAPI

from service.gateway import create_app
from service.settings import Settings
from tests.fakes.application import Script, fake_application

MAX_BODY_BYTES = 10_000


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[structlog.typing.EventDict]]:
    """What is logged; nothing of it is printed."""
    with structlog.testing.capture_logs() as entries:
        yield entries


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data_dir=tmp_path_factory.mktemp("data"), max_body_bytes=MAX_BODY_BYTES)


@pytest.fixture(scope="session")
def _script() -> Script:
    return Script()


@pytest.fixture
def script(_script: Script) -> Script:
    """The script of the one application, as good as new: routes take a while to be made ready for each."""
    vars(_script).update(vars(Script()))
    return _script


@pytest.fixture(scope="session")
def app(settings: Settings, _script: Script) -> FastAPI:
    return create_app(fake_application(settings, _script), settings)


@pytest_asyncio.fixture
async def client(app: FastAPI, script: Script) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client
