"""Every way of asking, answered by a real encoder and a real store."""

import base64
from typing import Any

import httpx
import numpy as np
import pytest

from tests.fakes.pictures import halves, picture
from tests.integration.gateway.conftest import COLOURS, SEARCH, as_json

RED, BLUE = COLOURS["red"], COLOURS["blue"]
ASKED: list[tuple[dict[str, Any], str]] = [
    ({"text": "green"}, "shoe/green"),
    ({"image": as_json(picture(BLUE, (33, 77), "JPEG"))}, "shoe/blue"),
    ({"image": {**as_json(halves(RED, BLUE)), "box": [0, 0, 0.5, 1]}}, "shoe/red"),
    ({"image": {**as_json(halves(RED, BLUE)), "box": [0.5, 0, 0.5, 1]}}, "shoe/blue"),
    ({"terms": [{"text": "red"}, {"text": "blue", "weight": -0.5}]}, "shoe/red"),
    ({"terms": [{"image": as_json(picture(BLUE))}, {"text": "blue"}]}, "shoe/blue"),
    ({"compose": {"image": {"item": "shoe/red"}, "modification": "in blue", "alpha": 3.0}}, "shoe/blue"),
    ({"compose": {"image": {"item": "shoe/red"}, "modification": "green", "method": "sum"}}, "shoe/green"),
    ({"product": {"image": as_json(picture(RED)), "text": "red shoe"}}, "shoe/red"),
]


@pytest.mark.parametrize(("query", "first"), ASKED)
async def test_each_query_kind_finds_what_it_means(shop: httpx.AsyncClient, query: dict[str, Any], first: str) -> None:
    response = await shop.post(SEARCH, json={"query": query})
    assert response.status_code == 200
    assert response.json()["hits"][0]["id"] == first


async def test_a_file_is_a_picture_like_any_other(shop: httpx.AsyncClient) -> None:
    data = picture(BLUE)
    form = await shop.post(
        SEARCH,
        data={"request": '{"query": {"image": {"file": "photo"}}, "limit": 2}'},
        files={"photo": ("x.png", data, "image/png")},
    )
    plain = await shop.post(SEARCH, json={"query": {"image": as_json(data)}, "limit": 2})
    assert form.json()["hits"] == plain.json()["hits"]
    assert len(form.json()["hits"]) == 2


async def test_refine_changes_the_weights_without_the_encoder(shop: httpx.AsyncClient) -> None:
    compose = {"image": {"item": "shoe/red"}, "modification": "in blue", "alpha": 0.0, "exclude_reference": False}
    first = (await shop.post(SEARCH, json={"query": {"compose": compose}})).json()
    assert first["hits"][0]["id"] == "shoe/red"
    body = {"query_id": first["query_id"], "alpha": 4.0}
    refined = (await shop.post(f"{SEARCH}/refine", json=body)).json()
    assert refined["hits"][0]["id"] == "shoe/blue"
    assert refined["took_ms"]["embed"] == 0


async def test_filters_and_paging_narrow_the_hits(shop: httpx.AsyncClient) -> None:
    everything = (await shop.post(SEARCH, json={"query": {"text": "red"}})).json()["hits"]
    second = (await shop.post(SEARCH, json={"query": {"text": "red"}, "limit": 1, "offset": 1})).json()["hits"]
    assert second == everything[1:2]
    dear = {"must": [{"key": "price", "range": {"gt": 10}}], "must_not": [{"ids": ["shoe/blue"]}]}
    hits = (await shop.post(SEARCH, json={"query": {"text": "red"}, "filter": dear})).json()["hits"]
    assert [hit["id"] for hit in hits] == ["shoe/green"]


async def test_same_style_leaves_the_product_itself_out(shop: httpx.AsyncClient) -> None:
    url = "/v1/collections/shop/same-style"
    hits = (await shop.post(url, json={"product": {"item": "shoe/red"}})).json()["hits"]
    assert {hit["id"] for hit in hits} == {"shoe/green", "shoe/blue"}


async def test_embeddings_come_in_both_encodings_and_mixed(shop: httpx.AsyncClient) -> None:
    inputs = ["red", {"text": "red"}, {"image": as_json(picture(RED))["base64"]}]
    body = {"input": inputs, "model": "tiny"}
    plain = (await shop.post("/v1/embeddings", json=body)).json()
    packed = (await shop.post("/v1/embeddings", json={**body, "encoding_format": "base64"})).json()
    vectors = np.array([row["embedding"] for row in plain["data"]], dtype=np.float32)
    unpacked = np.array([np.frombuffer(base64.b64decode(row["embedding"]), "<f4") for row in packed["data"]])
    assert np.array_equal(vectors, unpacked)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    assert np.array_equal(vectors[0], vectors[1])
    assert plain["usage"] == {"prompt_tokens": 2, "total_tokens": 2}
    assert [row["index"] for row in plain["data"]] == [0, 1, 2]


async def test_infinitys_modality_makes_strings_pictures(shop: httpx.AsyncClient) -> None:
    uri = f"data:image/png;base64,{as_json(picture(RED))['base64']}"
    by_modality = await shop.post("/v1/embeddings", json={"input": [uri], "modality": "image"})
    by_item = await shop.post("/v1/embeddings", json={"input": [{"image_url": {"url": uri}}]})
    assert by_modality.json()["data"] == by_item.json()["data"]


async def test_labels_and_documents_are_ordered(shop: httpx.AsyncClient) -> None:
    red = as_json(picture(RED))["base64"]
    classified = await shop.post("/v1/classify", json={"input": {"image": red}, "labels": ["blue", "red"]})
    labels = classified.json()["data"][0]
    assert [row["label"] for row in labels] == ["red", "blue"]
    assert sum(row["score"] for row in labels) == pytest.approx(1.0, abs=1e-5)
    body = {"query": {"image": red}, "documents": ["blue", "red"], "top_n": 1, "return_documents": True}
    (best,) = (await shop.post("/v1/rerank", json=body)).json()["results"]
    assert (best["index"], best["document"]) == (1, {"text": "red"})
