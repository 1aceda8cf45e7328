"""Search requests on their way from JSON to the values of the core."""

import base64

import httpx
import numpy as np
import pytest

from index.types import Filter, GeoPoint, GeoRadius, HasId, Match, MatchText, Range, SearchParameters
from models.pictures import Box
from service.types import (
    Boost,
    ComposeQuery,
    ImageQuery,
    PictureBytes,
    PictureOfItem,
    ProductQuery,
    Query,
    Refinement,
    SearchOptions,
    SearchRequest,
    Term,
    TermsQuery,
    TextQuery,
    VectorQuery,
)
from tests.fakes.application import Script

URL = "/v1/collections/shoes/search"
DATA = b"any bytes"
BASE64 = base64.b64encode(DATA).decode()
BYTES = PictureBytes(DATA)

QUERIES: list[tuple[dict[str, object], Query]] = [
    ({"text": "red"}, TextQuery("red")),
    ({"image": {"base64": BASE64}}, ImageQuery(BYTES)),
    ({"image": {"base64": f"data:image/png;base64,{BASE64}"}}, ImageQuery(BYTES)),
    ({"image": {"base64": f"{BASE64[:4]}\n{BASE64[4:]}\n"}}, ImageQuery(BYTES)),
    (
        {"image": {"item": "sku/1", "box": [0, 0.25, 0.5, 0.5]}},
        ImageQuery(PictureOfItem("sku/1", Box(0, 0.25, 0.5, 0.5))),
    ),
    (
        {"terms": [{"text": "a"}, {"image": {"item": "b"}, "weight": -0.5}]},
        TermsQuery((Term("a"), Term(PictureOfItem("b"), -0.5))),
    ),
    (
        {"compose": {"image": {"item": "a"}, "modification": "in blue"}},
        ComposeQuery(PictureOfItem("a"), "in blue"),
    ),
    (
        {
            "compose": {
                "image": {"item": "a"},
                "modification": "in blue",
                "base_text": "x",
                "target_text": "y",
                "method": "sum",
                "alpha": 2,
                "beta": 0.5,
                "exclude_reference": False,
            }
        },
        ComposeQuery(PictureOfItem("a"), "in blue", "x", "y", "sum", 2.0, 0.5, False),
    ),
    ({"product": {"item": "a"}}, ProductQuery(item="a")),
    (
        {"product": {"image": {"base64": BASE64}, "text": "t", "image_weight": 0.25}},
        ProductQuery(BYTES, "t", None, 0.25),
    ),
]


@pytest.mark.parametrize(("body", "query"), QUERIES)
async def test_each_query_kind_reaches_the_core(
    client: httpx.AsyncClient, script: Script, body: dict[str, object], query: Query
) -> None:
    response = await client.post(URL, json={"query": body})
    assert response.status_code == 200
    (call,) = script.calls
    assert call[:3] == ("search", "shoes", SearchRequest(query))


async def test_a_vector_becomes_float32(client: httpx.AsyncClient, script: Script) -> None:
    await client.post(URL, json={"query": {"vector": [1, 0.5, -2]}})
    query = script.calls[0][2].query
    assert isinstance(query, VectorQuery)
    assert query.vector.dtype == np.float32
    assert query.vector.tolist() == [1.0, 0.5, -2.0]


async def test_every_option_reaches_the_core(client: httpx.AsyncClient, script: Script) -> None:
    body = {
        "query": {"text": "red"},
        "limit": 7,
        "offset": 3,
        "field": "product",
        "filter": {
            "must": [{"key": "brand", "match": "acme"}, {"key": "price", "range": {"gte": 10, "lt": 50}}],
            "should": [{"ids": ["a", "b"]}, {"must_not": [{"key": "tags", "match": ["x", "y"]}]}],
            "must_not": [
                {"key": "shop", "geo_radius": {"lat": 52.5, "lon": -13, "radius_m": 1000}},
                {"key": "$text", "match_text": "red canvas"},
                {"match_text": "blue"},
            ],
        },
        "score_threshold": 0.5,
        "group_by": "brand",
        "diversity": 0.25,
        "collapse_duplicates": True,
        "boost": [{"key": "price", "weight": 0.1}],
        "hybrid": 0.5,
        "params": {"recall": 0.9, "exact": True},
        "include": ["vector", "explain"],
        "min_sequence": 12,
    }
    assert (await client.post(URL, json=body)).status_code == 200
    expected = SearchOptions(
        limit=7,
        offset=3,
        field="product",
        filter=Filter(
            must=(Match("brand", ("acme",)), Range("price", gte=10, lt=50)),
            should=(HasId(("a", "b")), Filter(must_not=(Match("tags", ("x", "y")),))),
            must_not=(GeoRadius("shop", GeoPoint(52.5, -13), 1000), MatchText("red canvas"), MatchText("blue")),
        ),
        score_threshold=0.5,
        group_by="brand",
        diversity=0.25,
        collapse_duplicates=True,
        boost=(Boost("price", 0.1),),
        hybrid=0.5,
        params=SearchParameters(exact=True, recall=0.9),
        include=frozenset({"vector", "explain"}),
        min_sequence=12,
    )
    assert script.calls[0][2] == SearchRequest(TextQuery("red"), expected)


async def test_a_multipart_request_names_its_files(client: httpx.AsyncClient, script: Script) -> None:
    request = '{"query": {"image": {"file": "photo", "box": [0, 0, 1, 1]}}}'
    response = await client.post(URL, data={"request": request}, files={"photo": ("p.png", DATA, "image/png")})
    assert response.status_code == 200
    assert script.calls[0][2].query == ImageQuery(PictureBytes(DATA, Box(0, 0, 1, 1)))


async def test_the_json_part_may_be_a_file_too(client: httpx.AsyncClient, script: Script) -> None:
    files = {"request": ("r.json", b'{"query": {"image": {"file": "photo"}}}', "application/json"), "photo": DATA}
    assert (await client.post(URL, files=files)).status_code == 200
    assert script.calls[0][2].query == ImageQuery(BYTES)


async def test_a_refinement_reaches_the_core(client: httpx.AsyncClient, script: Script) -> None:
    body = {"query_id": "q", "alpha": 2, "beta": 0.5, "weights": [1, -1], "filter": {"must": []}, "limit": 5}
    assert (await client.post(f"{URL}/refine", json=body)).status_code == 200
    assert script.calls[0][2] == Refinement("q", 2.0, 0.5, (1.0, -1.0), Filter(), 5)


async def test_same_style_reaches_the_core(client: httpx.AsyncClient, script: Script) -> None:
    body = {"product": {"item": "a"}, "limit": 4, "score_threshold": 0.5}
    assert (await client.post("/v1/collections/shoes/same-style", json=body)).status_code == 200
    assert script.calls[0][2:4] == (ProductQuery(item="a"), SearchOptions(limit=4, score_threshold=0.5))


async def test_a_hit_carries_what_was_asked_for(client: httpx.AsyncClient) -> None:
    answer = (await client.post(URL, json={"query": {"text": "red"}})).json()
    assert answer["hits"][0] == {
        "id": "sku/1",
        "score": 0.9,
        "cosine": 0.4,
        "text": "red shoe",
        "image_url": "/v1/collections/shoes/items/sku%2F1/image",
        "attributes": {"brand": "acme", "tags": ["a", "b"]},
        "vector": [0.5, 0.5, 0.5, 0.5],
        "explain": {"a": 1.0},
    }
    assert answer["hits"][1].keys() == {"id", "score", "cosine", "text", "image_url", "attributes"}
    assert answer["took_ms"] == {"decode": 1.0, "embed": 2.0, "search": 0.5, "rank": 0.1}
    assert answer["warnings"] == [{"code": "text_truncated", "message": "cut"}]


async def test_the_stages_stand_in_a_header_for_browsers(client: httpx.AsyncClient) -> None:
    response = await client.post(URL, json={"query": {"text": "red"}})
    assert "embed;dur=2.000" in response.headers["server-timing"]
    assert "total;dur=" in response.headers["server-timing"]
