"""A collection of one's own vectors over HTTP: made with a space, filled with vectors alone."""

import httpx
import pytest

from tests.fakes.pictures import picture
from tests.integration.gateway.conftest import as_json

URL = "/v1/collections/mine"
SPACE = {"id": "my-space", "dimension": 4}


async def filled(client: httpx.AsyncClient) -> httpx.AsyncClient:
    made = await client.put(URL, json={"space": SPACE})
    assert made.status_code == 200
    told = made.json()
    assert (told["model"], told["space"], told["dimension"], told["precision"]) == (None, "my-space", 4, "any")
    assert (told["fields"], told["hubness"]) == (["image"], None)
    items = [{"id": f"i{n}", "vectors": {"image": [float(n == m) + 0.1 for m in range(4)]}} for n in range(4)]
    answer = (await client.post(f"{URL}/items", json={"items": items})).json()
    assert [item["status"] for item in answer["items"]] == ["created"] * 4
    return client


async def test_vectors_alone_make_items_that_are_found(client: httpx.AsyncClient) -> None:
    await filled(client)
    found = (await client.post(f"{URL}/search", json={"query": {"vector": [0, 0, 5, 0]}})).json()
    assert found["hits"][0]["id"] == "i2" and found["space"] == "my-space"
    item = (await client.post(f"{URL}/search", json={"query": {"image": {"item": "i2"}}})).json()
    assert len(item["hits"]) == 3
    same = (await client.post(f"{URL}/same-style", json={"product": {"item": "i2"}})).json()
    assert len(same["hits"]) == 3
    assert (await client.put(URL, json={"space": SPACE})).status_code == 200
    assert (await client.put(URL, json={"space": {**SPACE, "dimension": 5}})).status_code == 409
    assert (await client.put(URL, json={})).status_code == 409


async def test_what_needs_a_model_is_refused_with_its_code(client: httpx.AsyncClient) -> None:
    await filled(client)
    for query in ({"text": "red"}, {"image": as_json(picture())}):
        refused = await client.post(f"{URL}/search", json={"query": query})
        assert (refused.status_code, refused.json()["code"]) == (409, "space_without_model")
        assert "'my-space'" in refused.json()["detail"]
    outcomes = (await client.post(f"{URL}/items", json={"items": [{"id": "x", "text": "red"}]})).json()["items"]
    assert outcomes[0]["problem"]["code"] == "space_without_model"


@pytest.mark.parametrize(
    "body",
    [
        {"space": SPACE, "model": "tiny"},
        {"space": {"id": "", "dimension": 4}},
        {"space": {"id": "x", "dimension": 0}},
        {"space": {"id": "x", "dimension": 100_000}},
        {"space": {"id": "x", "dimension": 4, "fields": []}},
        {"space": {"id": "x", "dimension": 4, "fields": ["sound"]}},
        {"space": {"id": "x"}},
    ],
)
async def test_a_space_that_makes_no_sense_is_refused(client: httpx.AsyncClient, body: object) -> None:
    refused = await client.put(URL, json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, "request_invalid")
