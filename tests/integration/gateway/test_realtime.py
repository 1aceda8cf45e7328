"""Which searches run at real-time priority, when it is asked for."""

import os
from pathlib import Path
from typing import Any

import httpx
import pytest

from index import LocalCollection
from service.bootstrap import build
from service.gateway import create_app
from service.settings import Settings
from tests.integration.gateway.conftest import SEARCH
from tests.realtime import REALTIME, needs_realtime, policy


@needs_realtime
async def test_searches_have_it_and_exact_ones_do_not(
    tmp_path: Path, bundles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policies: list[int] = []
    search = LocalCollection.search

    def noted(*args: Any, **kwargs: Any) -> Any:
        policies.append(policy())
        return search(*args, **kwargs)

    monkeypatch.setattr(LocalCollection, "search", noted)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})  # one core is left to others
    settings = Settings(data_dir=tmp_path, bundle_dirs=(bundles,), search_realtime=True)
    async with build(settings) as application:
        transport = httpx.ASGITransport(create_app(application, settings))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            assert (await client.put("/v1/collections/shop", json={})).status_code == 200
            for params in ({}, {"exact": True}):
                answer = await client.post(SEARCH, json={"query": {"text": "red"}, "params": params})
                assert answer.status_code == 200
    assert policies == [REALTIME, os.SCHED_OTHER]
