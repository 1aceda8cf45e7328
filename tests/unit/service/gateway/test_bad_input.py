"""Bad input: each gives its own problem with a sentence that says what to do, and the core is never asked."""

from typing import Any

import httpx
import pytest

from tests.fakes.application import Script
from tests.unit.service.gateway.conftest import MAX_BODY_BYTES

SEARCH = "/v1/collections/shoes/search"
ITEMS = "/v1/collections/shoes/items"
JSON = {"content-type": "application/json"}
INVALID = (422, "request_invalid")


def query(body: object, **options: object) -> dict[str, Any]:
    return {"json": {"query": body, **options}}


def raw(content: bytes, kind: str = "application/json") -> dict[str, Any]:
    return {"content": content, "headers": {"content-type": kind}}


def deep(depth: int) -> dict[str, object]:
    return {"must": [deep(depth - 1)] if depth else []}


def matching(value: object) -> dict[str, Any]:
    return query({"text": "a"}, filter={"must": [{"key": "k", "match": value}]})


CASES: list[tuple[str, str, dict[str, Any], tuple[int, str], str]] = [
    ("no query", SEARCH, {"json": {}}, INVALID, "query: field required"),
    ("no kind", SEARCH, query({}), INVALID, "exactly one of text, image, vector, terms, compose, product"),
    ("two kinds", SEARCH, query({"text": "a", "vector": [1]}), INVALID, "text and vector were given"),
    ("unknown kind", SEARCH, query({"txt": "a"}), INVALID, "'txt'"),
    ("query no object", SEARCH, query("red"), INVALID, "not an object"),
    ("unknown field", SEARCH, query({"text": "a"}, limits=3), INVALID, "limits: no such field"),
    ("limit 0", SEARCH, query({"text": "a"}, limit=0), INVALID, "limit"),
    ("limit too large", SEARCH, query({"text": "a"}, limit=1001), INVALID, "limit"),
    ("limit no number", SEARCH, query({"text": "a"}, limit="10"), INVALID, "limit"),
    ("limit true", SEARCH, query({"text": "a"}, limit=True), INVALID, "limit"),
    ("offset negative", SEARCH, query({"text": "a"}, offset=-1), INVALID, "offset"),
    ("threshold", SEARCH, query({"text": "a"}, score_threshold=1.5), INVALID, "score_threshold"),
    ("field", SEARCH, query({"text": "a"}, field="sound"), INVALID, "field"),
    ("include", SEARCH, query({"text": "a"}, include=["all"]), INVALID, "include[0]"),
    ("empty vector", SEARCH, query({"vector": []}), INVALID, "query.vector"),
    ("vector of texts", SEARCH, query({"vector": ["1"]}), INVALID, "query.vector[0]"),
    ("no terms", SEARCH, query({"terms": []}), INVALID, "query.terms"),
    ("term", SEARCH, query({"terms": [{"weight": 1}]}), INVALID, "query.terms[0]"),
    ("no modification", SEARCH, query({"compose": {"image": {"item": "a"}}}), INVALID, "query.compose.modification"),
    ("product empty", SEARCH, query({"product": {}}), INVALID, "query.product"),
    ("product both", SEARCH, query({"product": {"item": "a", "text": "b"}}), INVALID, "query.product"),
    ("picture kinds", SEARCH, query({"image": {"base64": "", "item": "a"}}), INVALID, "base64 and item"),
    ("box short", SEARCH, query({"image": {"item": "a", "box": [0, 0, 1]}}), INVALID, "query.image.box"),
    ("box outside", SEARCH, query({"image": {"item": "a", "box": [0, 0, 2, 1]}}), INVALID, "query.image.box[2]"),
    ("file without files", SEARCH, query({"image": {"file": "f"}}), INVALID, "multipart/form-data"),
    ("filter key", SEARCH, query({"text": "a"}, filter={"must": [{"match": "x"}]}), INVALID, "filter.must[0].key"),
    ("match an object", SEARCH, matching({"a": 1}), INVALID, "filter.must[0].match: give a string, a number,"),
    ("match nothing", SEARCH, matching([]), INVALID, "filter.must[0].match: list should have at least 1 item"),
    ("match a long word", SEARCH, matching("x" * 1025), INVALID, "filter.must[0].match: string should have at most"),
    ("match a list in a list", SEARCH, matching(["a", ["b"]]), INVALID, "filter.must[0].match[1]: give a string,"),
    ("filter bounds", SEARCH, query({"text": "a"}, filter={"must": [{"key": "p", "range": {}}]}), INVALID, "gte"),
    ("filter depth", SEARCH, query({"text": "a"}, filter=deep(5)), INVALID, "4 deep"),
    ("filter very deep", SEARCH, query({"text": "a"}, filter=deep(200)), INVALID, "filter"),
    ("wrong base64", SEARCH, query({"image": {"base64": "no!"}}), (400, "base64_invalid"), "standard base64"),
    ("no padding", SEARCH, query({"image": {"base64": "YWI"}}), (400, "base64_invalid"), "padding"),
    ("not ascii", SEARCH, query({"image": {"base64": "é" * 4}}), (400, "base64_invalid"), "ASCII"),
    ("bad data uri", SEARCH, query({"image": {"base64": "data:image/png,AAAA"}}), (400, "base64_invalid"), "data URI"),
    ("url", SEARCH, query({"image": {"url": "http://127.0.0.1/x"}}), (400, "url_not_fetched"), "base64"),
    ("url as base64", SEARCH, query({"image": {"base64": "https://a/x"}}), (400, "url_not_fetched"), "base64"),
    ("NaN", SEARCH, raw(b'{"query": {"vector": [NaN]}}'), (400, "json_invalid"), "NaN and Infinity are not JSON"),
    ("-Infinity", SEARCH, raw(b'{"query": {"vector": [-Infinity]}}'), (400, "json_invalid"), "finite number"),
    ("wrong json", SEARCH, raw(b'{"query": '), (400, "json_invalid"), "line 1"),
    ("no body", SEARCH, raw(b""), (400, "json_invalid"), "empty"),
    ("not utf-8", SEARCH, raw(b'{"query": "\xff"}'), (400, "json_invalid"), "UTF-8 (byte 11)"),
    ("lone surrogate", SEARCH, raw(b'{"query": {"text": "\\ud800"}}'), (400, "json_invalid"), "JSON"),
    ("too deep", SEARCH, raw(b"[" * 5000), (400, "json_invalid"), "JSON"),
    ("json no object", SEARCH, raw(b"[]"), INVALID, "object"),
    ("text/plain", SEARCH, raw(b"{}", "text/plain"), (415, "content_type_unsupported"), "application/json"),
    ("latin-1", SEARCH, raw(b"{}", "application/json; charset=latin-1"), (415, "content_type_unsupported"), "UTF-8"),
    ("form on json route", ITEMS, {"files": {"f": b"x"}}, (415, "content_type_unsupported"), "application/json"),
    ("no content type", SEARCH, {"content": b"{}"}, (415, "content_type_unsupported"), "no content type"),
    ("multipart no json", SEARCH, {"files": {"photo": b"x"}}, INVALID, "'request'"),
    ("multipart broken", SEARCH, raw(b"x", "multipart/form-data; boundary=b"), INVALID, "multipart"),
    ("multipart no boundary", SEARCH, raw(b"x", "multipart/form-data"), INVALID, "multipart"),
    ("body too large", SEARCH, raw(b" " * (MAX_BODY_BYTES + 1)), (413, "body_too_large"), "10,000 bytes"),
    ("no items", ITEMS, {"json": {"items": []}}, INVALID, "items"),
    ("items no list", ITEMS, {"json": {"items": {}}}, INVALID, "items"),
    ("delete nothing", f"{ITEMS}/delete", {"json": {"ids": []}}, INVALID, "ids"),
    ("delete all", f"{ITEMS}/delete", {"json": {"filter": {}}}, INVALID, "at least one condition"),
    ("delete both", f"{ITEMS}/delete", {"json": {"ids": ["a"], "filter": {}}}, INVALID, "ids and filter"),
    ("refine without id", f"{SEARCH}/refine", {"json": {}}, INVALID, "query_id"),
    ("pairs", "/v1/collections/shoes/same-style", {"json": {"pairs": True}}, (501, "not_implemented_yet"), "step"),
    ("token ids", "/v1/embeddings", {"json": {"input": [[1, 2]]}}, INVALID, "text, image, image_url"),
    ("no input", "/v1/embeddings", {"json": {"input": []}}, INVALID, "input"),
    ("embed url", "/v1/embeddings", {"json": {"input": [{"image_url": "http://a/b"}]}}, (400, "url_not_fetched"), ""),
    ("empty label", "/v1/classify", {"json": {"input": "a", "labels": ["b", ""]}}, INVALID, "labels[1]"),
    ("template", "/v1/classify", {"json": {"input": "a", "labels": ["b"], "templates": ["x"]}}, INVALID, "templates"),
    ("rerank nothing", "/v1/rerank", {"json": {"query": {}, "documents": ["a"]}}, INVALID, "text, an image, or both"),
]


@pytest.mark.parametrize(
    ("url", "request_", "expected", "says"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
async def test_bad_input_is_refused_with_a_reason(
    client: httpx.AsyncClient,
    script: Script,
    url: str,
    request_: dict[str, Any],
    expected: tuple[int, str],
    says: str,
) -> None:
    response = await client.post(url, **request_)
    problem = response.json()
    assert (response.status_code, problem["code"]) == expected
    assert response.headers["content-type"] == "application/problem+json"
    assert says in problem["detail"]
    assert problem["type"] == f"/problems/{problem['code']}"
    assert script.calls == []


@pytest.mark.parametrize(
    ("attributes", "says"),
    [
        ({"a": ["b", 1]}, "attributes.a[1]: input should be a valid string"),
        ({"a": "x" * 1025}, "attributes.a: string should have at most 1024 characters"),
        ({"a": {"lat": 1}}, "attributes.a.lon: field required"),
        ({"": 1}, "attributes: the key '': string should have at least 1 character"),
        ({"k" * 1000: 1}, f"attributes: the key '{'k' * 80}': string should have at most 64"),
    ],
)
async def test_an_attribute_that_is_wrong_is_told_by_its_own_type(
    client: httpx.AsyncClient, attributes: dict[str, object], says: str
) -> None:
    problem = (await client.patch(f"{ITEMS}/a", json={"attributes": attributes})).json()
    assert says in problem["detail"] and len(problem["errors"]) == 1


async def test_each_place_that_is_wrong_is_named(client: httpx.AsyncClient) -> None:
    body = {"query": {"terms": [{"text": "a"}, {"text": "b", "weight": "x"}]}, "limit": 0}
    problem = (await client.post(SEARCH, json=body)).json()
    assert [error["path"] for error in problem["errors"]] == ["query.terms[1].weight", "limit"]
    assert "(and 1 more)" in problem["detail"]


async def test_a_body_without_a_length_is_bounded_too(client: httpx.AsyncClient, script: Script) -> None:
    async def endless() -> Any:
        for _ in range(MAX_BODY_BYTES):
            yield b" " * 100

    response = await client.post(SEARCH, content=endless(), headers=JSON)
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
    assert script.calls == []


@pytest.mark.parametrize("length", ["-1", "x", "1_0"])
async def test_a_length_that_is_no_number_is_refused(client: httpx.AsyncClient, length: str) -> None:
    response = await client.post(SEARCH, content=b"{}", headers={**JSON, "content-length": length})
    assert response.json()["code"] == "request_invalid"


@pytest.mark.parametrize(
    ("method", "url", "status", "code"),
    [
        ("GET", "/nothing", 404, "route_not_found"),
        ("GET", "/v1/collections/", 404, "route_not_found"),
        ("GET", "/page/nothing.js", 404, "route_not_found"),
        ("GET", "/page/../app.py", 404, "route_not_found"),
        ("GET", "/problems/nothing", 404, "route_not_found"),
        ("PATCH", "/v1/collections/shoes", 405, "method_not_allowed"),
        ("GET", "/v1/embeddings", 405, "method_not_allowed"),
        ("POST", "/page/main.js", 405, "method_not_allowed"),
        ("GET", "/v1/collections/shoes/items/a/image?size=huge", 422, "request_invalid"),
    ],
)
async def test_wrong_routes_and_methods_are_problems(
    client: httpx.AsyncClient, method: str, url: str, status: int, code: str
) -> None:
    response = await client.request(method, url)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["content-type"] == "application/problem+json"


async def test_405_tells_what_the_route_takes(client: httpx.AsyncClient) -> None:
    response = await client.patch("/v1/collections/shoes")
    assert response.headers["allow"] == "DELETE, GET, PUT"
    assert "DELETE or GET or PUT" in response.json()["detail"]


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("POST", "/v1/collections/shoes/evaluate"),
        ("GET", "/v1/aliases"),
        ("PUT", "/v1/aliases/live"),
        ("GET", "/v1/jobs"),
        ("GET", "/v1/jobs/1"),
        ("POST", "/v1/jobs/1/cancel"),
    ],
)
async def test_what_comes_later_says_when(client: httpx.AsyncClient, method: str, url: str) -> None:
    response = await client.request(method, url)
    assert (response.status_code, response.json()["code"]) == (501, "not_implemented_yet")
    assert "step" in response.json()["detail"]


async def test_a_bad_item_fails_alone(client: httpx.AsyncClient, script: Script) -> None:
    items: list[object] = [
        {"id": "good", "text": "red"},
        {"id": "unknown", "txt": "red"},
        {"id": "base64", "image": {"base64": "!"}},
        {"id": "url", "image": {"url": "http://a/b"}},
        {"text": "no id"},
        "no object",
        {"id": "nested", "text": "red", "attributes": {"a": {"b": 1}}},
        {"id": "last", "text": "blue", "attributes": {"tags": ["a"], "price": 1, "none": None}},
    ]
    answer = (await client.post(ITEMS, json={"items": items})).json()
    codes = [item.get("problem", {}).get("code") for item in answer["items"]]
    wrong = "request_invalid"
    assert codes == [None, wrong, "base64_invalid", "url_not_fetched", wrong, wrong, wrong, None]
    assert [item["id"] for item in answer["items"]] == ["good", "unknown", "base64", "url", "", "", "nested", "last"]
    assert "txt" in answer["items"][1]["problem"]["detail"]
    given = script.calls[0][2]
    assert given[7].attributes == {"tags": ("a",), "price": 1}
