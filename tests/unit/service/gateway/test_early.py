"""What is refused before its body is read, and what is not."""

import httpx
import pytest
from starlette.types import Message

from service.gateway import create_app
from service.queue import Group
from service.settings import Settings
from tests.fakes.application import Script, fake_application

TEXT = {"input": "red"}
PICTURE = {"input": [{"image": "A" * 40_000}]}


@pytest.mark.parametrize("route", ["/v1/embeddings", "/v1/classify", "/v1/rerank"])
async def test_a_hopeless_request_is_refused_whatever_it_holds(
    client: httpx.AsyncClient, script: Script, route: str
) -> None:
    script.is_hopeless = True
    response = await client.post(route, content=b"no JSON at all")
    assert (response.status_code, response.json()["code"], response.headers["retry-after"]) == (503, "overloaded", "7")
    assert script.calls == []


async def test_the_body_is_not_even_read(settings: Settings) -> None:
    script = Script(is_hopeless=True)
    app = create_app(fake_application(settings, script), settings)
    sent: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("the body was asked for")

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/embeddings",
        "query_string": b"",
        "headers": [(b"content-length", b"150000")],
    }
    await app(scope, receive, send)
    assert sent[0]["status"] == 503


@pytest.mark.parametrize(
    ("method", "url"), [("GET", "/healthz"), ("GET", "/v1/models"), ("POST", "/v1/collections/shoes/search")]
)
async def test_what_may_need_no_encoder_is_not_refused_early(
    client: httpx.AsyncClient, script: Script, method: str, url: str
) -> None:
    script.is_hopeless = True
    body = {"query": {"text": "red"}} if method == "POST" else None
    assert (await client.request(method, url, json=body)).status_code == 200


async def test_large_bodies_are_judged_as_pictures_and_small_ones_as_texts(
    client: httpx.AsyncClient, script: Script
) -> None:
    await client.post("/v1/embeddings", json=TEXT)
    await client.post("/v1/embeddings", json=PICTURE)
    assert [groups for groups, _, _ in script.asked_early] == [[Group("tiny", "text")], [Group("tiny", "image")]]


@pytest.mark.parametrize(("header", "at_most"), [("1500", 1.5), ("999999999", 10.0), ("soon", 10.0)])
async def test_the_deadline_of_the_client_counts(
    client: httpx.AsyncClient, script: Script, header: str, at_most: float
) -> None:
    response = await client.post("/v1/embeddings", json=TEXT, headers={"x-deadline-ms": header})
    ((_, lane, deadline),) = script.asked_early
    assert lane == "interactive"
    assert at_most - 1 < deadline.remaining() <= at_most
    assert response.status_code == (422 if header == "soon" else 200)
