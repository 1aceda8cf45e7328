"""Recall through the interface: the codec, the curves of each kind, a request's own recall, live searches, the log."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import httpx
import numpy as np
import pytest
import pytest_asyncio

from index import LocalStore
from index.collection import LocalCollection
from index.sealed.policy import SealPolicy
from index.types import RecallCheck, SearchParameters
from service.bootstrap import Application, assemble, load_encoders
from service.gateway import create_app
from service.pipeline.recall.live_recall import FEWEST
from service.settings import Settings
from tests.fakes.tiny_bundle import COLOURS, WORDS
from tests.fakes.tiny_manifest import DIMENSION

COUNT = 600
SHOP = "/v1/collections/shop"


def settings_of(folder: Path, bundles: Path, **changes: Any) -> Settings:
    """Held-out queries are made from 500 items on; every search is repeated."""
    return Settings(data_dir=folder, bundle_dirs=(bundles,), seal_from=1_000, recall_share=1.0, **changes)


@asynccontextmanager
async def serving(folder: Path, bundles: Path) -> AsyncIterator[Application]:
    """Its watch does nothing by itself: the tests tell it."""
    settings = settings_of(folder, bundles)
    store = LocalStore(folder / "collections", sealing=SealPolicy(least=300))
    application = assemble(settings, load_encoders(settings), store)
    yield application
    await application.close()


@pytest_asyncio.fixture
async def application(tmp_path: Path, bundles: Path) -> AsyncIterator[Application]:
    async with serving(tmp_path, bundles) as application:
        yield application


@pytest.fixture(scope="module")
def sealed_shop(tmp_path_factory: pytest.TempPathFactory, bundles: Path) -> Path:
    """A collection with 600 items, sealed, and measured on what was made of their texts. For copies."""
    folder = tmp_path_factory.mktemp("sealed")
    asyncio.run(fill(folder, bundles))
    return folder / "collections" / "shop"


async def fill(folder: Path, bundles: Path) -> None:
    """Items with texts and vectors of their own."""
    chance = np.random.default_rng(0)
    words = [*COLOURS, *WORDS[4:8]]
    items = [
        {
            "id": f"i{n}",
            "text": " ".join(chance.choice(words, 5)),
            "vectors": {"image": chance.standard_normal(DIMENSION).tolist()},
        }
        for n in range(COUNT)
    ]
    async with serving(folder, bundles) as application:
        app = create_app(application, application.settings)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
            assert (await client.put(SHOP, json={"index": {"codec": "ivf-pq"}})).status_code == 200
            answer = await client.post(f"{SHOP}/items", json={"items": items})
        assert {item["status"] for item in answer.json()["items"]} == {"created"}
        await wait(application, lambda one: one.info().index.snapshot is not None)
        await application.watch.look()
        await wait(application, lambda one: len(one.info().index.fields["image"].measured) == 3)


@pytest.fixture
def sealed(client: httpx.AsyncClient, sealed_shop: Path, tmp_path: Path) -> httpx.AsyncClient:
    """A client of an application with a copy of the sealed collection."""
    shutil.copytree(sealed_shop, tmp_path / "collections" / "shop")
    return client


def collection_of(application: Application) -> LocalCollection:
    return cast(LocalCollection, application.store.open("shop"))


async def wait(application: Application, is_there: Any) -> None:
    """Until what the builder does is seen."""
    state = collection_of(application)._state

    def waited() -> bool:
        with state._changed:
            return bool(state._changed.wait_for(lambda: is_there(collection_of(application)), 60))

    assert await asyncio.to_thread(waited)


async def test_the_description_shows_the_index(sealed: httpx.AsyncClient) -> None:
    described = (await sealed.get(SHOP)).json()
    image = described["index"]["fields"]["image"]
    assert described["index"]["codec"] == image["codec"] == "ivf-pq"
    assert (image["vectors"], image["fresh"], image["not_measured"]) == (COUNT, 0, [])
    sources = {kind: one["source"] for kind, one in image["kinds"].items()}
    assert sources == {"image": "own", "text": "items", "composed": "items"}
    for one in image["kinds"].values():
        assert one["chosen"] in one["curve"]
        assert one["chosen"]["recall"] >= 0.95
    recall = described["recall"]
    kinds = [one for field in described["index"]["fields"].values() for one in field["kinds"].values()]
    assert (recall["target"], recall["method"], recall["live"]) == (0.95, "held_out", [])
    assert recall["measured"] == min(one["chosen"]["recall"] for one in kinds)
    assert described["snapshot"] >= 2
    assert described["index"]["covered_sequence"] == described["sequence"]
    assert described["mapped_bytes"] > COUNT * DIMENSION * 2


async def test_a_request_chooses_its_own_recall(sealed: httpx.AsyncClient, application: Application) -> None:
    query = np.random.default_rng(5).standard_normal(DIMENSION).astype(np.float32)
    for params, expected in (
        ({}, SearchParameters(kind="vector")),
        ({"recall": 0.2}, SearchParameters(recall=0.2, kind="vector")),
        ({"exact": True}, SearchParameters(exact=True)),
    ):
        body = {"query": {"vector": query.tolist()}, "params": params, "limit": 30}
        hits = (await sealed.post(f"{SHOP}/search", json=body)).json()["hits"]
        found = collection_of(application).search("image", query, 30, params=expected)
        assert [(hit["id"], pytest.approx(hit["cosine"])) for hit in hits] == [(one.id, one.cosine) for one in found]


async def test_live_searches_are_repeated_and_shown(sealed: httpx.AsyncClient, application: Application) -> None:
    for n in range(8):
        await search(sealed, f"{list(COLOURS)[n]} square")
    await search(sealed, "red", params={"exact": True})
    await search(sealed, "red", params={"recall": 0.5})
    for _ in range(8):
        await application.watch.repeat_one()
    (live,) = (await sealed.get(SHOP)).json()["recall"]["live"]
    assert (live["field"], live["kind"], live["samples"], live["drifts"]) == ("image", "text", 8, False)
    assert live["recall"] > 0.8
    metrics = (await sealed.get("/metrics")).text
    assert 'lookalike_recall_live_samples{collection="shop",field="image",kind="text"} 8.0' in metrics
    assert 'lookalike_recall_checks_total{outcome="checked"} 8.0' in metrics


async def test_a_recall_that_fell_is_shown_and_measured_again(
    sealed: httpx.AsyncClient, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = collection_of(application).info().index.snapshot
    assert snapshot is not None
    monkeypatch.setattr(LocalCollection, "check_recall", lambda *args: RecallCheck(5, 10, snapshot))
    for _ in range(FEWEST):
        await search(sealed, "red square")
        await application.watch.repeat_one()
    (live,) = (await sealed.get(SHOP)).json()["recall"]["live"]
    assert live["drifts"]
    assert "lookalike_recall_drift{" in (await sealed.get("/metrics")).text
    await wait(application, lambda one: (one.info().index.snapshot or 0) > snapshot)


async def test_searches_leave_their_vectors_and_nothing_else(
    sealed: httpx.AsyncClient, application: Application, tmp_path: Path
) -> None:
    await search(sealed, "red square")
    await search(sealed, "red square")
    body = {"query": {"image": {"item": "i1"}}}
    assert (await sealed.post(f"{SHOP}/search", json=body)).status_code == 200
    await application.watch.write_log()
    assert len(collection_of(application).queries("image", "text", "log")) == 1
    assert len(collection_of(application).queries("image", "image", "log")) == 0  # an item's own vector
    for path in (tmp_path / "collections" / "shop" / "queries").iterdir():
        assert b"red" not in path.read_bytes()


async def test_the_log_can_be_switched_off(tmp_path: Path, bundles: Path) -> None:
    settings = settings_of(tmp_path, bundles, query_log=False)
    application = assemble(settings, load_encoders(settings), LocalStore(tmp_path / "collections"))
    app = create_app(application, settings)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        await client.put(SHOP, json={})
        await search(client, "red")
        await application.watch.look()
    assert not (tmp_path / "collections" / "shop" / "queries").exists()
    await application.close()


@pytest.mark.parametrize(
    ("index", "status", "code"),
    [({"codec": "ivf-flat"}, 422, "request_invalid"), ({"codec": "ivf-pq-fastscan"}, 400, "codec_unfit")],
)
async def test_a_codec_that_cannot_be_is_refused(
    client: httpx.AsyncClient, index: dict[str, str], status: int, code: str
) -> None:
    response = await client.put(SHOP, json={"index": index})
    assert (response.status_code, response.json()["code"]) == (status, code)


async def search(client: httpx.AsyncClient, text: str, **options: Any) -> None:
    response = await client.post(f"{SHOP}/search", json={"query": {"text": text}, **options})
    assert response.status_code == 200, response.text
