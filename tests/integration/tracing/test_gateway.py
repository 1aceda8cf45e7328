"""From a request to the run of the encoder that answers it, in one process with real parts."""

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
import structlog

from index import LocalStore
from service.batching import CostCurve
from service.bootstrap import assemble, load_encoders
from service.gateway import create_app
from service.metrics import Metrics
from service.queue import DirectRunner, Group, LocalQueue
from service.settings import Settings
from service.types import Deadline
from tests.fakes.encoder import FakeEncoder
from tests.fakes.pictures import picture
from tests.fakes.recorded_spans import (
    CLIENT_SPAN,
    CLIENT_TRACE,
    TRACEPARENT,
    RecordedSpans,
    id_of,
    links_of,
    parent_of,
    trace_of,
)
from tests.fakes.tiny_bundle import make_tiny_bundle

EMBED = "POST /v1/embeddings"


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with structlog.testing.capture_logs():
        yield


@pytest.fixture
def spans() -> RecordedSpans:
    return RecordedSpans()


@pytest_asyncio.fixture
async def client(tmp_path: Path, spans: RecordedSpans) -> AsyncIterator[httpx.AsyncClient]:
    make_tiny_bundle(tmp_path / "bundles")
    settings = Settings(data_dir=tmp_path, encoder_workers=1)
    store = LocalStore(tmp_path / "collections")
    async with assemble(settings, load_encoders(settings), store, spans.tracing) as application:
        transport = httpx.ASGITransport(create_app(application, settings))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            yield client


async def ended(spans: RecordedSpans, name: str, count: int = 1) -> None:
    """Runs end their spans a moment after their inputs are answered."""
    async with asyncio.timeout(30):
        while len(spans.named(name)) < count:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.005)


async def test_a_picture_is_followed_from_its_client_to_its_batch(
    client: httpx.AsyncClient, spans: RecordedSpans
) -> None:
    body = {"input": [{"image": base64.b64encode(picture((255, 0, 0))).decode()}]}
    response = await client.post("/v1/embeddings", json=body, headers={"traceparent": TRACEPARENT})
    assert response.status_code == 200
    await ended(spans, "encode")
    request, batch = spans.one(EMBED), spans.one("encode batch")
    assert (trace_of(request), parent_of(request)) == (CLIENT_TRACE, CLIENT_SPAN)
    for name in ("decode", "queue", "encode"):
        assert (trace_of(spans.one(name)), parent_of(spans.one(name))) == (CLIENT_TRACE, id_of(request))
    assert (links_of(batch), links_of(spans.one("encode"))) == ([id_of(request)], [id_of(batch)])
    assert dict(batch.attributes or {}) == {"model": "tiny", "tower": "image", "rows": 1, "whole": True}
    assert (request.attributes or {})["lookalike.request_id"] == response.headers["x-request-id"]


async def test_items_are_decoded_and_encoded_below_their_request(
    client: httpx.AsyncClient, spans: RecordedSpans
) -> None:
    await client.put("/v1/collections/shop", json={})
    item = {"id": "a", "image": {"base64": base64.b64encode(picture((0, 0, 255))).decode()}}
    await client.post("/v1/collections/shop/items", json={"items": [item]})
    await ended(spans, "encode")
    request = spans.one("POST /v1/collections/{name}/items")
    assert parent_of(spans.one("decode")) == parent_of(spans.one("encode")) == id_of(request)
    assert dict(spans.one("decode").attributes or {}) == {"what": "keep"}


async def test_a_cached_input_reaches_neither_queue_nor_encoder(
    client: httpx.AsyncClient, spans: RecordedSpans
) -> None:
    for _ in range(2):
        await client.post("/v1/embeddings", json={"input": "red"})
    await ended(spans, "encode")
    assert sorted(spans.names) == sorted([EMBED, EMBED, "queue", "encode", "encode batch"])


async def test_a_bad_picture_shows_in_its_decode_span_and_not_as_our_fault(
    client: httpx.AsyncClient, spans: RecordedSpans
) -> None:
    body = {"input": [{"image": base64.b64encode(b"no picture").decode()}]}
    response = await client.post("/v1/embeddings", json=body)
    assert (response.status_code, sorted(spans.names)) == (400, sorted([EMBED, "decode"]))
    assert (spans.one("decode").status.description or "").startswith("PictureUnreadableError: ")
    assert spans.one(EMBED).status.is_unset


async def test_what_machines_ask_all_the_time_is_not_traced(client: httpx.AsyncClient, spans: RecordedSpans) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        assert (await client.get(path, headers={"traceparent": TRACEPARENT})).status_code == 200
    await client.get("/no/such/path")
    assert spans.names == ["GET"]


async def test_requests_that_share_a_run_are_all_linked_with_it(spans: RecordedSpans) -> None:
    encoder, tracing = FakeEncoder(), spans.tracing
    text = Group("tiny", "text")
    flat = {text: CostCurve((1, 4), (1.0, 1.0))}
    room = {"interactive": 9, "bulk": 9}
    queue = LocalQueue(DirectRunner({"tiny": encoder}), Metrics(), 1, room, flat, tracing=tracing)  # type: ignore[arg-type]

    async def asked(content: str) -> None:
        with tracing.request(None):
            await queue.encode("tiny", content, "interactive", Deadline.after(60))

    encoder.hold()
    first = asyncio.ensure_future(asked("occupies the worker"))
    assert await asyncio.to_thread(encoder.asked.wait, 30)
    others = [asyncio.ensure_future(asked(content)) for content in ("a", "b", "c")]
    await asyncio.sleep(0)
    encoder.release()
    await asyncio.gather(first, *others)
    await asyncio.to_thread(queue.close, 30)
    (_, batch), requests = spans.named("encode batch"), spans.named("request")[1:]
    assert sorted(links_of(batch)) == sorted(id_of(one) for one in requests)
    assert (batch.attributes or {})["rows"] == 3
    assert sorted(parent_of(span) for span in spans.named("encode")[1:]) == sorted(id_of(one) for one in requests)
    assert len({trace_of(one) for one in requests}) == 3
