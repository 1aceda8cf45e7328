"""The gateway around the real core: the tiny bundle in ONNX Runtime, a real store in a temporary folder."""

import base64
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import structlog

from service.bootstrap import Application, build
from service.gateway import create_app
from service.settings import Settings
from tests.fakes.pictures import Colour, picture
from tests.fakes.tiny_bundle import make_tiny_bundle

ITEMS = "/v1/collections/shop/items"
SEARCH = "/v1/collections/shop/search"
COLOURS: dict[str, Colour] = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with structlog.testing.capture_logs():
        yield


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles")
    make_tiny_bundle(folder)
    return folder


@pytest_asyncio.fixture
async def application(tmp_path: Path, bundles: Path) -> AsyncIterator[Application]:
    async with build(Settings(data_dir=tmp_path, bundle_dirs=(bundles,))) as application:
        yield application


@pytest_asyncio.fixture
async def client(application: Application) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(application, application.settings)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        yield client


@pytest_asyncio.fixture
async def shop(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A collection with three shoes, by picture and text."""
    assert (await client.put("/v1/collections/shop", json={})).status_code == 200
    items = [
        {
            "id": f"shoe/{name}",
            "image": as_json(picture(colour)),
            "text": f"{name} shoe",
            "attributes": {"colour": name, "price": 10 * number},
        }
        for number, (name, colour) in enumerate(COLOURS.items(), start=1)
    ]
    answer = (await client.post(ITEMS, json={"items": items})).json()
    assert [item["status"] for item in answer["items"]] == ["created"] * 3
    return client


def as_json(data: bytes) -> dict[str, str]:
    """A picture as it stands in a request."""
    return {"base64": base64.b64encode(data).decode()}


async def state(client: httpx.AsyncClient) -> dict[str, Any]:
    """What must not change when a request is refused."""
    described: dict[str, Any] = (await client.get("/v1/collections/shop")).json()
    return {key: described[key] for key in ("items", "vectors", "sequence", "attributes")}
