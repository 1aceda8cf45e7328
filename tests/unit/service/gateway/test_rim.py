"""What every request passes: ids, headers, deadlines, room, and clients that hang up."""

import asyncio
from typing import Any

import httpx
import pytest
import structlog
from fastapi import FastAPI
from starlette.types import Message

from index.errors import CollectionNotFoundError
from service.errors import TABLE, OverloadedError, ServiceError
from service.gateway import create_app
from service.settings import Settings
from tests.fakes.application import Script, fake_application

SEARCH = "/v1/collections/shoes/search"
BODY = {"query": {"text": "red"}}


async def test_a_request_id_comes_back(client: httpx.AsyncClient) -> None:
    given = await client.get("/nothing", headers={"x-request-id": "abc-1"})
    assert given.headers["x-request-id"] == "abc-1"
    assert given.json()["instance"] == "urn:lookalike:request:abc-1"


@pytest.mark.parametrize("bad", ["", "a b", "x" * 65, "a\tb"])
async def test_a_strange_request_id_is_replaced(client: httpx.AsyncClient, bad: str) -> None:
    response = await client.get("/healthz", headers={"x-request-id": bad})
    assert response.headers["x-request-id"] not in ("", bad)


@pytest.mark.parametrize("url", ["/healthz", "/nothing", "/v1/collections/shoes/items/a/image"])
async def test_every_response_is_hardened(client: httpx.AsyncClient, url: str) -> None:
    headers = (await client.get(url)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "access-control-allow-origin" not in headers


async def test_the_core_learns_the_shorter_deadline(client: httpx.AsyncClient, script: Script) -> None:
    await client.post(SEARCH, json=BODY, headers={"x-deadline-ms": "1500"})
    await client.post(SEARCH, json=BODY, headers={"x-deadline-ms": "999999999"})
    asked, longest = (call[3].remaining() for call in script.calls)
    assert 0 < asked <= 1.5
    assert 1.5 < longest <= Settings().search_deadline_s


@pytest.mark.parametrize("value", ["0", "-5", "1.5", "soon", "9" * 12])
async def test_a_deadline_that_is_none_is_refused(client: httpx.AsyncClient, script: Script, value: str) -> None:
    response = await client.post(SEARCH, json=BODY, headers={"x-deadline-ms": value})
    assert (response.status_code, response.json()["code"]) == (422, "request_invalid")
    assert script.calls == []


async def test_work_is_stopped_at_its_deadline(client: httpx.AsyncClient, script: Script) -> None:
    script.hangs = True
    response = await client.post(SEARCH, json=BODY, headers={"x-deadline-ms": "1"})
    assert (response.status_code, response.json()["code"]) == (504, "deadline_exceeded")
    assert script.was_cancelled.is_set()


async def test_the_work_of_a_client_that_hangs_up_is_dropped(app: FastAPI, script: Script) -> None:
    script.hangs = True
    incoming: asyncio.Queue[Message] = asyncio.Queue()
    sent: list[Message] = []
    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": SEARCH,
        "raw_path": SEARCH.encode(),
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }

    async def send(message: Message) -> None:
        sent.append(message)

    await incoming.put({"type": "http.request", "body": b'{"query": {"text": "red"}}', "more_body": False})
    call = asyncio.ensure_future(app(scope, incoming.get, send))
    async with asyncio.timeout(5):
        while not script.calls:  # noqa: ASYNC110 - lets the call run until it reaches the core
            await asyncio.sleep(0)
        await incoming.put({"type": "http.disconnect"})
        await call
    assert script.was_cancelled.is_set()
    assert sent == []


async def test_a_client_that_hangs_up_in_its_body_is_forgotten(app: FastAPI, script: Script) -> None:
    messages: list[Message] = [{"type": "http.disconnect"}, {"type": "http.request", "body": b"{", "more_body": True}]
    sent: list[Message] = []

    async def receive() -> Message:
        return messages.pop()

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": SEARCH, "query_string": b"", "headers": []}
    await app(scope, receive, send)
    assert (sent, script.calls) == ([], [])


async def test_too_many_requests_are_refused_early(settings: Settings, script: Script) -> None:
    app = create_app(fake_application(settings, script), settings.model_copy(update={"max_requests": 1}))
    script.hangs = True
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        first = asyncio.ensure_future(client.post(SEARCH, json=BODY))
        async with asyncio.timeout(5):
            while not script.calls:  # noqa: ASYNC110 - lets the first request reach the core
                await asyncio.sleep(0)
            second = await client.get("/v1/models")
            script.hangs = False
            probes = [(await client.get(probe)).status_code for probe in ("/healthz", "/readyz")]
            first.cancel()
            await script.was_cancelled.wait()
            await asyncio.wait({first})
            third = await client.get("/v1/models")
    assert (second.status_code, second.json()["code"], second.headers["retry-after"]) == (503, "overloaded", "1")
    assert third.status_code == 200
    assert probes == [200, 200]


async def test_overload_tells_when_to_come_back(client: httpx.AsyncClient, script: Script) -> None:
    script.error = OverloadedError("the queue is full", retry_after_s=7)
    response = await client.post(SEARCH, json=BODY)
    assert (response.status_code, response.headers["retry-after"]) == (503, "7")


async def test_what_nobody_foresaw_is_logged_and_not_shown(
    client: httpx.AsyncClient, script: Script, logged: list[structlog.typing.EventDict]
) -> None:
    script.error = RuntimeError("secret")
    response = await client.post(SEARCH, json=BODY)
    (failure,) = [entry for entry in logged if entry["log_level"] == "error"]
    assert failure["exc_info"] is script.error
    assert failure["request_id"] == response.headers["x-request-id"]
    assert (response.status_code, response.json()["code"]) == (500, "internal_error")
    assert "secret" not in response.text


@pytest.mark.parametrize("kind", sorted(TABLE, key=lambda kind: kind.__name__))
async def test_every_error_of_the_table_arrives(
    client: httpx.AsyncClient, script: Script, kind: type[Exception]
) -> None:
    error = kind.__new__(kind)
    Exception.__init__(error, "do this")
    vars(error).update({"retry_after_s": 2, "faults": ()})
    script.error = error
    response = await client.post(SEARCH, json=BODY)
    entry = TABLE[kind]
    assert (response.status_code, response.json()["code"]) == (entry.status, entry.code)
    described = await client.get(response.json()["type"])
    assert described.json()["status"] == entry.status


async def test_a_line_break_in_a_path_begins_no_line_of_the_log(client: httpx.AsyncClient) -> None:
    with structlog.testing.capture_logs() as lines:
        await client.get("/v1/a%0Ab%00/é:x")
    assert [line["path"] for line in lines] == ["/v1/a%0Ab%00/%C3%A9:x"]


async def test_the_metrics_know_routes_not_paths(client: httpx.AsyncClient, script: Script) -> None:
    script.error = CollectionNotFoundError("none")
    await client.post("/v1/collections/a-name-of-a-client/search", json=BODY)
    await client.get("/some/random/path")
    text = (await client.get("/metrics")).text
    assert 'lookalike_requests_total{method="POST",route="/v1/collections/{name}/search",status="404"}' in text
    assert 'route="unmatched"' in text
    assert "a-name-of-a-client" not in text
    assert "random" not in text


@pytest.mark.parametrize(
    ("path", "route"),
    [
        (SEARCH, "/v1/collections/{name}/search"),
        ("/v1/collections/shoes/items/a/b/image", "/v1/collections/{name}/items/{id:path}/image"),
        ("/page/app.js", "/page/{file}"),
        ("/", "/"),
        ("/nothing", "unmatched"),
    ],
)
async def test_what_is_refused_at_the_rim_is_counted_by_its_route_too(
    settings: Settings, path: str, route: str
) -> None:
    application = fake_application(settings, Script())
    app = create_app(application, settings.model_copy(update={"max_body_bytes": 1024}))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        assert (await client.post(path, content=b"x" * 2000)).status_code == 413
    labels = {"route": route, "method": "POST", "status": "413"}
    assert application.metrics.registry.get_sample_value("lookalike_requests_total", labels) == 1


async def test_requests_under_way_and_refused_ones_are_counted(settings: Settings) -> None:
    script = Script(hangs=True)
    application = fake_application(settings, script)
    app = create_app(application, settings.model_copy(update={"max_requests": 1}))
    counted = application.metrics.registry.get_sample_value
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        first = asyncio.ensure_future(client.post(SEARCH, json=BODY))
        async with asyncio.timeout(5):
            while not script.calls:  # noqa: ASYNC110 - lets the first request reach the core
                await asyncio.sleep(0)
        assert (await client.get("/v1/models")).status_code == 503
        assert counted("lookalike_requests_running") == 1
        assert counted("lookalike_intake_refused_total", {"reason": "requests"}) == 1
        first.cancel()
        await asyncio.wait({first})


async def test_readiness_says_what_is_wrong(client: httpx.AsyncClient, script: Script) -> None:
    assert (await client.get("/readyz")).json()["status"] == "ready"
    script.is_ready = False
    response = await client.get("/readyz")
    assert (response.status_code, response.json()["code"]) == (503, "not_ready")
    assert response.json()["detail"] == "encoder: no answer"


def test_the_root_of_the_errors_is_never_shown_as_such() -> None:
    assert TABLE[ServiceError].code == "internal_error"
