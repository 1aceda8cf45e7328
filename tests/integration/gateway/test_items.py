"""Batches, single items and pictures, through to the disk and back."""

import io

import httpx
import pytest
from PIL import Image

from tests.fakes.pictures import picture
from tests.integration.gateway.conftest import ITEMS, SEARCH, as_json, state


async def test_one_bad_item_of_a_hundred_fails_alone(shop: httpx.AsyncClient) -> None:
    items = [
        {"id": f"n{number}", "image": as_json(picture((number, 2 * number, 255 - number), (40, 30)))}
        for number in range(100)
    ]
    good = items[42]["image"]
    assert isinstance(good, dict)
    items[42]["image"] = {"base64": good["base64"][: len(good["base64"]) // 8 * 4]}
    response = await shop.post(ITEMS, json={"items": items})
    assert response.status_code == 200
    outcomes = response.json()["items"]
    assert [number for number, item in enumerate(outcomes) if item["status"] != "created"] == [42]
    assert outcomes[42]["problem"]["code"] == "picture_unreadable"
    assert (await state(shop))["items"] == 102
    assert (await shop.get(f"{ITEMS}/n42")).status_code == 404


async def test_the_same_batch_again_changes_nothing(shop: httpx.AsyncClient) -> None:
    item = {"id": "a", "image": as_json(picture()), "text": "red", "attributes": {"price": 1}}
    first = (await shop.post(ITEMS, json={"items": [item]})).json()
    again = (await shop.post(ITEMS, json={"items": [item]})).json()
    changed = (await shop.post(ITEMS, json={"items": [{**item, "text": "blue"}]})).json()
    assert [answer["items"][0]["status"] for answer in (first, again, changed)] == ["created", "unchanged", "updated"]


async def test_an_item_comes_back_as_it_was_put(shop: httpx.AsyncClient) -> None:
    item = (await shop.get(f"{ITEMS}/shoe%2Fred")).json()
    assert item["text"] == "red shoe"
    assert item["attributes"] == {"colour": "red", "price": 10}
    assert item["image_url"] == f"{ITEMS}/shoe%2Fred/image"


async def test_attributes_change_without_a_new_vector(shop: httpx.AsyncClient) -> None:
    answer = await shop.patch(f"{ITEMS}/shoe%2Fred", json={"attributes": {"price": None, "colour": "crimson"}})
    assert answer.status_code == 200
    assert (await shop.get(f"{ITEMS}/shoe%2Fred")).json()["attributes"] == {"colour": "crimson"}
    body = {"query": {"text": "red"}, "min_sequence": answer.json()["sequence"], "limit": 1}
    assert (await shop.post(SEARCH, json=body)).json()["hits"][0]["attributes"] == {"colour": "crimson"}


async def test_items_are_deleted_by_id_and_by_filter(shop: httpx.AsyncClient) -> None:
    assert (await shop.delete(f"{ITEMS}/shoe%2Fred")).json()["deleted"] == 1
    assert (await shop.delete(f"{ITEMS}/shoe%2Fred")).json()["code"] == "item_not_found"
    body = {"filter": {"must": [{"key": "price", "range": {"gte": 30}}]}}
    assert (await shop.post(f"{ITEMS}/delete", json=body)).json()["deleted"] == 1
    assert (await shop.post(f"{ITEMS}/delete", json={"ids": ["shoe/green", "nothing"]})).json()["deleted"] == 1
    assert (await state(shop))["items"] == 0


async def test_the_thumbnail_is_webp_and_the_picture_what_was_sent(shop: httpx.AsyncClient) -> None:
    url = f"{ITEMS}/shoe%2Fred/image"
    small, full = await shop.get(url), await shop.get(url, params={"size": "full"})
    assert small.headers["content-type"] == "image/webp"
    assert Image.open(io.BytesIO(small.content)).format == "WEBP"
    assert full.headers["content-type"] == "image/png"
    assert full.content == picture((255, 0, 0))


async def test_a_picture_that_the_client_has_is_not_sent_again(shop: httpx.AsyncClient) -> None:
    url = f"{ITEMS}/shoe%2Fred/image"
    etag = (await shop.get(url)).headers["etag"]
    again = await shop.get(url, headers={"if-none-match": f'"other", {etag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert (await shop.get(url, headers={"if-none-match": '"other"'})).status_code == 200


async def test_an_item_without_a_picture_has_none_to_show(shop: httpx.AsyncClient) -> None:
    await shop.post(ITEMS, json={"items": [{"id": "words", "text": "green dress"}]})
    response = await shop.get(f"{ITEMS}/words/image")
    assert (response.status_code, response.json()["code"]) == (404, "picture_not_kept")


async def test_ready_vectors_are_searchable(shop: httpx.AsyncClient) -> None:
    vectors = {"image": [1.0] + [0.0] * 15}
    await shop.post(ITEMS, json={"items": [{"id": "mine", "vectors": vectors}]})
    body = {"query": {"vector": vectors["image"]}, "field": "image", "limit": 1, "include": ["vector"]}
    (hit,) = (await shop.post(SEARCH, json=body)).json()["hits"]
    assert (hit["id"], round(hit["cosine"], 3)) == ("mine", 1.0)
    assert [round(number, 2) for number in hit["vector"]] == vectors["image"]


async def test_the_description_counts_what_is_there(shop: httpx.AsyncClient) -> None:
    described = (await shop.get("/v1/collections/shop")).json()
    assert described["items"] == 3
    assert described["vectors"] == {"image": 3, "product": 3}
    colour, price = described["attributes"]
    assert colour["key"] == "colour"
    assert sorted(value["value"] for value in colour["values"]) == ["blue", "green", "red"]
    assert (price["minimum"], price["maximum"]) == (10, 30)


@pytest.mark.parametrize("path", ["/healthz", "/", "/docs", "/v1/collections"])
async def test_head_is_get_without_the_body(shop: httpx.AsyncClient, path: str) -> None:
    head, get = await shop.head(path), await shop.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == get.headers["content-type"]
