"""A full disk as a client sees it: writes are refused with 507 and a reason, reads go on, writes come back."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import numpy as np
import pytest_asyncio

from service.bootstrap import Application, build
from service.settings import Settings
from tests.integration.gateway.conftest import state
from tests.small_disk import fill_up, small_disk_at

SHOP = "/v1/collections/shop"
SPACE = {"id": "my-space", "dimension": 256}
LITTLE = 20_000
"""Bytes that hold no batch."""


@pytest_asyncio.fixture
async def application(tmp_path: Path, bundles: Path) -> AsyncIterator[Application]:
    with small_disk_at(tmp_path):
        async with build(Settings(data_dir=tmp_path / "data", bundle_dirs=(bundles,))) as application:
            yield application


def batch(number: int) -> dict[str, object]:
    vectors = np.random.default_rng(number).standard_normal((50, 256)).round(3).tolist()
    return {"items": [{"id": f"i{number}-{n}", "vectors": {"image": vector}} for n, vector in enumerate(vectors)]}


async def test_a_full_disk_refuses_writes_and_searches_go_on(client: httpx.AsyncClient, tmp_path: Path) -> None:
    assert (await client.put(SHOP, json={"space": SPACE})).status_code == 200
    assert (await client.post(f"{SHOP}/items", json=batch(0))).status_code == 200
    before = await state(client)
    search = {"query": {"image": {"item": "i0-0"}}, "limit": 5}
    found = (await client.post(f"{SHOP}/search", json=search)).json()["hits"]
    ballast = fill_up(tmp_path, LITTLE)

    refused = await client.post(f"{SHOP}/items", json=batch(1))
    assert (refused.status_code, refused.headers["content-type"]) == (507, "application/problem+json")
    problem = refused.json()
    assert (problem["code"], problem["status"]) == ("storage_full", 507) and "disk is full" in problem["title"]
    assert (await client.put("/v1/collections/another", json={"space": SPACE})).status_code == 507
    assert (await client.post(f"{SHOP}/search", json=search)).json()["hits"] == found
    assert await state(client) == before
    assert (await client.get("/readyz")).status_code == 200

    ballast.unlink()
    written = await client.post(f"{SHOP}/items", json=batch(1))
    assert [item["status"] for item in written.json()["items"]] == ["created"] * 50
    assert (await state(client))["items"] == 100
