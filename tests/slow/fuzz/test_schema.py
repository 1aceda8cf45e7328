"""Schemathesis against the OpenAPI document: nothing undocumented comes back, and nothing breaks.

The whole service is real, with the tiny bundle; only the socket is left out.
"""

import asyncio
from collections.abc import Iterator

import pytest
import schemathesis
import structlog
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from starlette.testclient import TestClient

from service.bootstrap import build
from service.gateway import create_app
from service.settings import Settings
from tests.fakes.application import Script, fake_application
from tests.fakes.tiny_bundle import make_tiny_bundle

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

POSITIVE, NEGATIVE = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
EXAMPLES = 40
HONEST_FAILURES = {501, 503, 504, 507}
PLACES = {"name": "demo", "id": "sku-1"}
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]


def checks_for(path: str, status: int) -> list[schemathesis.CheckFunction]:
    """A batch of items is accepted though some of it is ill-formed: each bad item fails alone."""
    broken = [] if status in HONEST_FAILURES else [not_a_server_error]
    lenient = [] if path.endswith("/items") else [negative_data_rejection]
    return [*CHECKS, *broken, *lenient]


def operations() -> list[tuple[str, str, GenerationMode]]:
    """Every operation with well-formed requests, and those that take a body with ill-formed ones too."""
    paths = create_app(fake_application(Settings(), Script()), Settings()).openapi()["paths"]
    every = [(path, method.upper(), operation) for path, item in paths.items() for method, operation in item.items()]
    return [
        (path, method, mode)
        for path, method, operation in every
        for mode in ([POSITIVE, NEGATIVE] if "requestBody" in operation else [POSITIVE])
    ]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    data = tmp_path_factory.mktemp("data")
    make_tiny_bundle(data / "bundles")
    options = Settings(data_dir=data, search_deadline_s=2.0, read_deadline_s=2.0, write_deadline_s=5.0)
    application = build(options)
    with structlog.testing.capture_logs():
        yield create_app(application, options)
    asyncio.run(application.close())


@pytest.fixture(scope="module")
def document(app: FastAPI) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_asgi("/openapi.json", app)


@pytest.fixture
def stocked(app: FastAPI) -> None:
    """The collection and the item that the paths of well-formed requests name."""
    client = TestClient(app)
    assert client.put("/v1/collections/demo").status_code == 200
    body = {"items": [{"id": "sku-1", "text": "red shoe", "attributes": {"brand": "acme", "price": 3}}]}
    assert client.post("/v1/collections/demo/items", json=body).status_code == 200


@pytest.mark.usefixtures("stocked")
@pytest.mark.parametrize(("path", "method", "mode"), operations())
def test_every_answer_is_as_documented(
    document: schemathesis.BaseSchema, path: str, method: str, mode: GenerationMode
) -> None:
    operation = document[path][method]
    named = {key: value for key, value in PLACES.items() if f"{{{key}}}" in path}
    fixed = named if mode is POSITIVE else None

    @given(case=operation.as_strategy(generation_mode=mode, path_parameters=fixed))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def answers_as_documented(case: schemathesis.Case) -> None:
        response = case.call()
        case.validate_response(response, checks=checks_for(path, response.status_code))

    answers_as_documented()
