"""Every route answers what its documentation says, and its bodies reach the core."""

import base64
from typing import Any

import httpx
import numpy as np
import pytest
from fastapi import FastAPI
from pydantic import TypeAdapter

from index.types import Filter, Match
from service.gateway.answers.collections import CollectionAnswer, CollectionsAnswer, DroppedAnswer, FacetsAnswer
from service.gateway.answers.embeddings import ClassifyAnswer, EmbeddingsAnswer, RerankAnswer
from service.gateway.answers.hits import SearchAnswer
from service.gateway.answers.items import DeletedAnswer, ItemAnswer, SequenceAnswer, UpsertAnswer
from service.gateway.answers.models import HealthAnswer, ModelsAnswer, ReadyAnswer
from service.gateway.documents import problems
from service.gateway.wire.embeddings import EmbeddingsBody
from service.settings import Settings
from service.types import CollectionOptions, PictureBytes, RerankQuery
from tests.fakes.application import PNG, WEBP, Script

SHOES = "/v1/collections/shoes"
PIXEL = base64.b64encode(PNG).decode()
TEXT = {"query": {"text": "red"}}

ANSWERS: list[tuple[str, str, dict[str, Any] | None, Any]] = [
    ("GET", "/healthz", None, HealthAnswer),
    ("GET", "/readyz", None, ReadyAnswer),
    ("GET", "/v1/models", None, ModelsAnswer),
    ("GET", "/v1/collections", None, CollectionsAnswer),
    ("PUT", SHOES, {}, CollectionAnswer),
    ("PUT", SHOES, None, CollectionAnswer),
    ("GET", SHOES, None, CollectionAnswer),
    ("DELETE", SHOES, None, DroppedAnswer),
    ("POST", f"{SHOES}/facets", {"keys": ["brand"]}, FacetsAnswer),
    ("POST", f"{SHOES}/facets", None, FacetsAnswer),
    ("POST", f"{SHOES}/items", {"items": [{"id": "a", "text": "b"}, {"id": "c", "d": 1}]}, UpsertAnswer),
    ("GET", f"{SHOES}/items/sku%2F1", None, ItemAnswer),
    ("PATCH", f"{SHOES}/items/sku%2F1", {"attributes": {"a": None}}, SequenceAnswer),
    ("DELETE", f"{SHOES}/items/sku%2F1", None, DeletedAnswer),
    ("POST", f"{SHOES}/items/delete", {"ids": ["a"]}, DeletedAnswer),
    ("POST", f"{SHOES}/search", TEXT, SearchAnswer),
    ("POST", f"{SHOES}/search/refine", {"query_id": "q"}, SearchAnswer),
    ("POST", f"{SHOES}/same-style", {"product": {"text": "red"}}, SearchAnswer),
    ("POST", "/v1/embeddings", {"input": "red"}, EmbeddingsAnswer),
    ("POST", "/v1/classify", {"input": "red", "labels": ["a", "b"]}, ClassifyAnswer),
    ("POST", "/v1/rerank", {"query": "red", "documents": ["a"]}, RerankAnswer),
]


@pytest.mark.parametrize(("method", "url", "body", "shape"), ANSWERS)
async def test_each_answer_has_the_documented_shape(
    client: httpx.AsyncClient, app: FastAPI, method: str, url: str, body: dict[str, Any] | None, shape: Any
) -> None:
    response = await client.request(method, url, json=body) if body is not None else await client.request(method, url)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    documented = TypeAdapter(shape).json_schema()
    assert set(documented["required"]) <= response.json().keys() <= set(documented["properties"])
    assert shape.__name__ in app.openapi()["components"]["schemas"]


async def test_a_collection_is_created_as_asked(client: httpx.AsyncClient, script: Script) -> None:
    body = {"model": "tiny", "recall": 0.9, "attributes": {"brand": "keyword"}, "pictures": "none"}
    await client.put(SHOES, json=body | {"index": {"codec": "ivf-pq"}})
    expected = CollectionOptions("tiny", 0.9, {"brand": "keyword"}, "none", "ivf-pq")
    assert script.calls[0][:3] == ("create", "shoes", expected)


async def test_the_description_has_what_the_page_needs(client: httpx.AsyncClient) -> None:
    answer = (await client.get(SHOES)).json()
    assert answer["attributes"] == [
        {
            "key": "brand",
            "type": "keyword",
            "values": [{"value": "acme", "count": 2}],
            "minimum": None,
            "maximum": None,
        },
        {"key": "price", "type": "number", "values": [], "minimum": 1.0, "maximum": 9.5},
    ]
    live = [{"field": "image", "kind": "text", "recall": 0.96, "samples": 120, "drifts": False}]
    assert answer["recall"] == {"target": 0.95, "measured": 1.0, "method": "exact", "live": live}
    assert answer["index"]["fields"]["product"]["fresh"] == 2


async def test_facets_are_asked_as_they_were_sent(client: httpx.AsyncClient, script: Script) -> None:
    body = {"filter": {"must": [{"key": "brand", "match": "acme"}]}, "keys": ["brand", "price"], "limit": 5}
    answer = (await client.post(f"{SHOES}/facets", json=body)).json()
    expected = ("count_facets", "shoes", Filter(must=(Match("brand", ("acme",)),)), ["brand", "price"], 5)
    assert script.calls == [expected]
    assert answer["count"] == 2 and answer["facets"][0]["values"] == [{"value": "acme", "count": 2}]


@pytest.mark.parametrize("path", ["sku%2F1", "sku/1"])
async def test_ids_may_hold_slashes(client: httpx.AsyncClient, script: Script, path: str) -> None:
    assert (await client.get(f"{SHOES}/items/{path}")).status_code == 200
    assert (await client.get(f"{SHOES}/items/{path}/image")).content == WEBP
    assert [call[:3] for call in script.calls] == [("get", "shoes", "sku/1"), ("thumbnail", "shoes", "sku/1")]


async def test_deleting_what_is_not_there_is_a_problem(client: httpx.AsyncClient) -> None:
    response = await client.delete(f"{SHOES}/items/nothing")
    assert (response.status_code, response.json()["code"]) == (404, "item_not_found")


async def test_deletion_by_filter_reaches_the_core(client: httpx.AsyncClient, script: Script) -> None:
    await client.post(f"{SHOES}/items/delete", json={"filter": {"must": [{"key": "brand", "match": "acme"}]}})
    (call,) = script.calls
    assert call[:3] == ("delete_matching", "shoes", Filter(must=(Match("brand", ("acme",)),)))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", f"{SHOES}/items/sku", {"attributes": {"price": 1}}),
        ("DELETE", f"{SHOES}/items/sku%2F1", None),
        ("POST", f"{SHOES}/items/delete", {"ids": ["sku/1"]}),
        ("POST", f"{SHOES}/items/delete", {"filter": {"must": [{"key": "brand", "match": "acme"}]}}),
        ("PUT", SHOES, {}),
        ("DELETE", SHOES, None),
    ],
)
async def test_every_write_has_the_time_of_a_write(
    client: httpx.AsyncClient, script: Script, settings: Settings, method: str, path: str, body: Any
) -> None:
    assert (await client.request(method, path, json=body)).status_code == 200
    deadline = script.calls[0][-1]
    assert settings.read_deadline_s < deadline.remaining() <= settings.write_deadline_s


async def test_a_full_picture_keeps_its_own_type_and_may_run_nothing(client: httpx.AsyncClient) -> None:
    response = await client.get(f"{SHOES}/items/a/image?size=full")
    assert (response.content, response.headers["content-type"]) == (PNG, "image/png")
    assert "sandbox" in response.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("input_", "modality", "expected"),
    [
        ("red", "text", ["red"]),
        (["a", {"text": "b"}, {"image": PIXEL}], "text", ["a", "b", PictureBytes(PNG)]),
        ([{"image_url": f"data:image/png;base64,{PIXEL}"}], "text", [PictureBytes(PNG)]),
        ({"image_url": {"url": f"data:image/png;base64,{PIXEL}", "detail": "low"}}, "text", [PictureBytes(PNG)]),
        ([PIXEL, {"text": "b"}], "image", [PictureBytes(PNG), "b"]),
        ([f"data:image/png;base64,{PIXEL}", PIXEL, "data:"], None, [PictureBytes(PNG), PIXEL, "data:"]),
        (f"data:image/png;base64,{PIXEL}", "text", [f"data:image/png;base64,{PIXEL}"]),
    ],
)
async def test_every_shape_of_input_reaches_the_core(
    client: httpx.AsyncClient, script: Script, input_: Any, modality: str | None, expected: list[object]
) -> None:
    body = {"input": input_, "modality": modality, "model": "tiny", "dimensions": 4, "user": "me"}
    assert (await client.post("/v1/embeddings", json=body)).status_code == 200
    _, model, inputs, _, dimensions = script.calls[0]
    assert (model, inputs, dimensions) == ("tiny", expected, 4)


async def test_base64_is_little_endian_float32(client: httpx.AsyncClient) -> None:
    body = {"input": "red", "encoding_format": "base64"}
    answer = (await client.post("/v1/embeddings", json=body)).json()
    assert np.frombuffer(base64.b64decode(answer["data"][0]["embedding"]), "<f4").tolist() == [0.5] * 4
    assert answer["warnings"][0]["code"] == "text_truncated"
    assert "input[0]" in answer["warnings"][0]["message"]


async def test_labels_come_best_first(client: httpx.AsyncClient) -> None:
    answer = (await client.post("/v1/classify", json={"input": ["x", "y"], "labels": ["a", "b", "c"]})).json()
    assert [[row["label"] for row in rows] for rows in answer["data"]] == [["c", "b", "a"]] * 2


async def test_rerank_returns_the_best_and_their_texts(client: httpx.AsyncClient, script: Script) -> None:
    body = {
        "query": {"text": "red", "image": PIXEL},
        "documents": ["a", {"image": PIXEL}, {"text": "c"}],
        "top_n": 2,
        "return_documents": True,
    }
    answer = (await client.post("/v1/rerank", json=body)).json()
    assert script.calls[0][2:] == (RerankQuery("red", PictureBytes(PNG)), ["a", PictureBytes(PNG), "c"])
    assert [(row["index"], row.get("document")) for row in answer["results"]] == [(0, {"text": "a"}), (1, None)]


async def test_data_uris_of_pictures_are_ranked_as_pictures(client: httpx.AsyncClient, script: Script) -> None:
    uri = f"data:image/png;base64,{PIXEL}"
    assert (await client.post("/v1/rerank", json={"query": uri, "documents": [uri, "a"]})).status_code == 200
    assert script.calls[0][2:] == (RerankQuery(None, PictureBytes(PNG)), [PictureBytes(PNG), "a"])


def test_every_operation_is_described_with_its_problems(app: FastAPI) -> None:
    document = app.openapi()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert operation["description"], where
            assert "HTTPValidationError" not in str(operation), where
            failing = {status: it for status, it in operation["responses"].items() if status >= "400"}
            assert failing, where
            assert all("application/problem+json" in it["content"] for it in failing.values()), where


def test_bodies_are_described_down_to_their_fields(app: FastAPI) -> None:
    document = app.openapi()
    operation = document["paths"]["/v1/collections/{name}/search"]["post"]
    assert set(operation["requestBody"]["content"]) == {"application/json", "multipart/form-data"}
    query = document["components"]["schemas"]["SearchBody"]["properties"]["query"]
    assert len(query["oneOf"]) == 6
    assert "x-components" not in str(document)
    assert document["components"]["schemas"]["EmbeddingsBody"]["description"] == EmbeddingsBody.__doc__


def test_a_problem_of_a_status_names_its_codes() -> None:
    assert "`query_expired`" in problems(410)[410]["description"]
