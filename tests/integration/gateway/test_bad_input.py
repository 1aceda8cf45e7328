"""Input that only the core can judge: each has its own problem, and the collection stays as it was."""

import io
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.fakes.pictures import encoded, picture
from tests.integration.gateway.conftest import ITEMS, SEARCH, as_json, state

JPEG = picture((9, 9, 9), (200, 100), "JPEG")
PICTURES: list[tuple[str, bytes, str]] = [
    ("empty", b"", "picture_unreadable"),
    ("not a picture", b"hello world", "picture_unreadable"),
    ("truncated", JPEG[: len(JPEG) // 2], "picture_unreadable"),
    ("svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "picture_unreadable"),
    ("bomb", encoded(Image.new("1", (20_000, 20_000)), "PNG"), "picture_too_large"),
]
GOOD = [
    ("1x1", picture((255, 0, 0), (1, 1))),
    ("cmyk", encoded(Image.new("CMYK", (40, 40), (0, 255, 255, 0)), "JPEG")),
    ("16 bit", encoded(Image.new("I;16", (40, 40), 40_000), "PNG")),
    ("palette", encoded(Image.new("RGBA", (40, 40), (255, 0, 0, 128)).quantize(), "PNG")),
    ("animated", encoded(Image.new("P", (40, 40)), "GIF", save_all=True, append_images=[Image.new("P", (40, 40), 5)])),
]
QUERIES: list[tuple[dict[str, Any], int, str]] = [
    ({"query": {"text": ""}}, 400, "text_empty"),
    ({"query": {"text": " \n "}}, 400, "text_empty"),
    ({"query": {"text": "red " * 10_000}}, 400, "text_too_long"),
    ({"query": {"vector": [1.0] * 15}}, 400, "space_mismatch"),
    ({"query": {"vector": [0.0] * 16}}, 400, "vector_invalid"),
    ({"query": {"vector": [1e300] * 16}}, 400, "vector_invalid"),
    ({"query": {"image": {"item": "nothing"}}}, 404, "item_not_found"),
    ({"query": {"image": {"item": "shoe/red", "box": [0.5, 0.5, 0, 0]}}}, 400, "box_invalid"),
    ({"query": {"text": "red"}, "filter": {"must": [{"key": "weight", "match": 1}]}}, 400, "filter_invalid"),
    ({"query": {"text": "red"}, "filter": {"must": [{"key": "colour", "range": {"gt": 1}}]}}, 400, "filter_invalid"),
    ({"query": {"text": "red"}, "group_by": "weight"}, 400, "attribute_unknown"),
    ({"query": {"text": "red"}, "boost": [{"key": "weight", "weight": 1}]}, 400, "attribute_unknown"),
    ({"query": {"text": "&"}, "hybrid": 0.5}, 400, "query_invalid"),
    (
        {"query": {"compose": {"image": {"item": "shoe/red"}, "modification": "in blue", "method": "isa"}}},
        501,
        "not_implemented_yet",
    ),
]


@pytest.mark.parametrize(("data", "code"), [case[1:] for case in PICTURES], ids=[case[0] for case in PICTURES])
async def test_what_is_no_picture_is_refused_everywhere(shop: httpx.AsyncClient, data: bytes, code: str) -> None:
    before = await state(shop)
    found = await shop.post(SEARCH, json={"query": {"image": as_json(data)}})
    stored = await shop.post(ITEMS, json={"items": [{"id": "bad", "image": as_json(data)}]})
    embedded = await shop.post("/v1/embeddings", json={"input": {"image": as_json(data)["base64"]}})
    assert found.json()["code"] == code
    assert stored.json()["items"][0]["problem"]["code"] == code
    assert embedded.json()["code"] == code
    assert {found.status_code, embedded.status_code} <= {400, 413}
    assert await state(shop) == before


@pytest.mark.parametrize("data", [case[1] for case in GOOD], ids=[case[0] for case in GOOD])
async def test_odd_pictures_are_taken(shop: httpx.AsyncClient, data: bytes) -> None:
    answer = (await shop.post(ITEMS, json={"items": [{"id": "odd", "image": as_json(data)}]})).json()
    assert answer["items"] == [{"id": "odd", "status": "created"}]
    shown = await shop.get(f"{ITEMS}/odd/image")
    assert Image.open(io.BytesIO(shown.content)).format == "WEBP"


@pytest.mark.parametrize(("body", "status", "code"), QUERIES)
async def test_a_query_that_makes_no_sense_is_refused(
    shop: httpx.AsyncClient, body: dict[str, Any], status: int, code: str
) -> None:
    response = await shop.post(SEARCH, json=body)
    assert (response.status_code, response.json()["code"]) == (status, code)


async def test_a_long_text_is_cut_and_says_so(shop: httpx.AsyncClient) -> None:
    answer = (await shop.post(SEARCH, json={"query": {"text": "red " * 50}})).json()
    assert answer["hits"][0]["id"] == "shoe/red"
    assert [warning["code"] for warning in answer["warnings"]] == ["text_truncated"]


@pytest.mark.parametrize("name", ["nothing", "Not-A-Name", "..", "a" * 65])
async def test_an_unknown_collection_is_a_problem(shop: httpx.AsyncClient, name: str) -> None:
    response = await shop.post(f"/v1/collections/{name}/search", json={"query": {"text": "red"}})
    assert response.status_code in (400, 404)
    assert response.json()["code"] in ("collection_not_found", "collection_name_invalid", "route_not_found")


async def test_another_specification_is_refused(shop: httpx.AsyncClient) -> None:
    before = await state(shop)
    response = await shop.put("/v1/collections/shop", json={"recall": 0.5})
    assert (response.status_code, response.json()["code"]) == (409, "collection_exists")
    assert (await shop.put("/v1/collections/shop", json={})).status_code == 200
    assert await state(shop) == before


async def test_an_unknown_model_is_a_problem(shop: httpx.AsyncClient) -> None:
    created = await shop.put("/v1/collections/other", json={"model": "nothing"})
    embedded = await shop.post("/v1/embeddings", json={"input": "red", "model": "nothing"})
    assert [response.json()["code"] for response in (created, embedded)] == ["model_not_found"] * 2


async def test_dimensions_are_the_models_own(shop: httpx.AsyncClient) -> None:
    response = await shop.post("/v1/embeddings", json={"input": "red", "dimensions": 8})
    assert (response.status_code, response.json()["code"]) == (400, "dimensions_not_supported")
    assert (await shop.post("/v1/embeddings", json={"input": "red", "dimensions": 16})).status_code == 200


async def test_a_forgotten_query_is_gone(shop: httpx.AsyncClient) -> None:
    response = await shop.post(f"{SEARCH}/refine", json={"query_id": "nothing"})
    assert (response.status_code, response.json()["code"]) == (410, "query_expired")


async def test_a_write_that_never_came_is_waited_for_in_vain(shop: httpx.AsyncClient) -> None:
    body = {"query": {"text": "red"}, "min_sequence": 10**6}
    response = await shop.post(SEARCH, json=body, headers={"x-deadline-ms": "50"})
    assert response.status_code == 504
    assert response.json()["code"] == "sequence_timeout"


@pytest.mark.parametrize(
    ("method", "path", "advice"),
    [
        ("GET", "/v1/collections/attic", "there is no collection 'attic': create it first"),
        ("DELETE", "/v1/collections/attic", "there is no collection 'attic': create it first"),
        ("GET", "/v1/collections/shop/items/ghost", "collection 'shop' has no item 'ghost': check the id"),
        ("DELETE", "/v1/collections/shop/items/ghost", "collection 'shop' has no item 'ghost': check the id"),
    ],
)
async def test_what_is_not_there_is_said_with_what_to_do(
    shop: httpx.AsyncClient, method: str, path: str, advice: str
) -> None:
    answer = await shop.request(method, path)
    assert answer.status_code == 404
    assert answer.json()["detail"].startswith(advice)
