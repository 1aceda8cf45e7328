"""`lookalike serve` and `lookalike worker` as they are started, with a collector that is there, or is not."""

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.fakes.recorded_spans import CLIENT_SPAN, CLIENT_TRACE, TRACEPARENT
from tests.fakes.tiny_bundle import make_tiny_bundle
from tests.integration.cli.conftest import ServerProcess
from tests.integration.redis.worker_process import WorkerProcess
from tests.otlp_collector import Collector
from tests.redis_server import RedisServer


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    make_tiny_bundle(tmp_path / "bundles")
    monkeypatch.setenv("LOOKALIKE_ENCODER_WORKERS", "1")
    monkeypatch.setenv("LOOKALIKE_DECODE_THREADS", "1")
    return tmp_path


def embedded(server: ServerProcess) -> None:
    response = httpx.post(
        f"{server.url}/v1/embeddings", json={"input": "red"}, headers={"traceparent": TRACEPARENT}, timeout=60
    )
    assert response.status_code == 200


async def test_one_trace_from_the_client_to_a_worker_behind_redis(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Collector() as collector, RedisServer() as redis:
        monkeypatch.setenv("LOOKALIKE_TRACES_ENDPOINT", collector.url)
        monkeypatch.setenv("LOOKALIKE_QUEUE", "redis")
        monkeypatch.setenv("LOOKALIKE_REDIS_URL", redis.url)
        worker = WorkerProcess(data, redis.url)
        server = await asyncio.to_thread(ServerProcess, data)
        await asyncio.to_thread(worker.wait_until_it_works)
        await asyncio.to_thread(embedded, server)
        assert await asyncio.to_thread(server.stop) == 0
        assert await asyncio.to_thread(worker.stop) == 0
        request, redis_span, work = (collector.one(name) for name in ("POST /v1/embeddings", "redis", "work"))
        encode, batch = collector.one("encode"), collector.one("encode batch")
    assert (request.trace, request.parent) == (CLIENT_TRACE, CLIENT_SPAN)
    assert (redis_span.parent, work.parent, encode.parent) == (request.id, redis_span.id, work.id)
    assert {span.trace for span in (redis_span, work, encode)} == {CLIENT_TRACE}
    assert (batch.links, encode.links) == ((work.id,), (batch.id,))
    assert (request.service, work.service, batch.service) == ("lookalike", "lookalike-worker", "lookalike-worker")


def test_spans_of_one_process_arrive_while_it_runs(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Collector() as collector:
        monkeypatch.setenv("LOOKALIKE_TRACES_ENDPOINT", collector.url)
        server = ServerProcess(data)
        embedded(server)
        collector.wait_for("encode batch")
        assert server.stop() == 0
        request, encode = collector.one("POST /v1/embeddings"), collector.one("encode")
    assert (encode.trace, encode.parent) == (CLIENT_TRACE, request.id)


def test_a_collector_that_is_away_costs_spans_and_no_request(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKALIKE_TRACES_ENDPOINT", "http://127.0.0.1:9")
    server = ServerProcess(data)
    embedded(server)
    assert server.stop() == 0
