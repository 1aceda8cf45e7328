"""Writes through a running server: the same bytes, over HTTP. Knows the routes and bodies, not the core."""

import asyncio
import base64
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

import httpx
import numpy as np
import orjson
from pydantic import BaseModel, ValidationError

from index.types import AttributeValue, FieldName, GeoPoint, Vector, WriteStatus
from service.jobs.index_job.record import SourceRecord
from service.jobs.index_job.sink import SinkError
from service.jobs.index_job.space_check import SpaceThere, check_space, named
from service.types import CollectionOptions, ItemOutcome, OwnSpace, Problem

_TRIES = 6
_BUSY = frozenset({429, 503})
_LONGEST_WAIT_S = 30.0
_MAX_REF_CHARS = 2048

Json: TypeAlias = "str | int | float | bool | Vector | Sequence[Json] | Mapping[str, Json] | None"
"""A vector float32 [d] becomes a list of numbers."""


class _ProblemBody(BaseModel):
    code: str = "unknown"
    title: str = ""
    detail: str = ""
    status: int = 0


class _OutcomeBody(BaseModel):
    id: str
    status: WriteStatus | Literal["failed"]
    problem: _ProblemBody | None = None

    def outcome(self) -> ItemOutcome:
        problem = Problem(**self.problem.model_dump()) if self.problem else None
        return ItemOutcome(self.id, self.status, problem)


class _CollectionAnswer(BaseModel):
    name: str
    model: str | None
    space: str
    dimension: int
    fields: list[FieldName]


class _ItemsAnswer(BaseModel):
    items: list[_OutcomeBody]


class HttpSink:
    """One server, one collection. Owns the client's retries; `client` carries the base URL and time-outs."""

    def __init__(self, client: httpx.AsyncClient, collection: str) -> None:
        self._client = client
        self._name = collection
        self._path = f"/v1/collections/{collection}"

    async def prepare(self, options: CollectionOptions) -> None:
        response = await self._send("GET", self._path)
        if response.status_code == httpx.codes.NOT_FOUND:
            space = _space(named(options, self._name))
            body = {"model": options.model, "recall": options.recall, "pictures": options.pictures, "space": space}
            response = await self._send("PUT", self._path, {k: v for k, v in body.items() if v is not None})
        self._refuse(response)
        if options.space is not None:
            self._check_space(response, options.space)

    def _check_space(self, response: httpx.Response, space: OwnSpace) -> None:
        try:
            there = _CollectionAnswer.model_validate_json(response.content)
        except ValidationError as exc:
            raise SinkError(f"{self._client.base_url} answered something that is no Lookalike answer") from exc
        check_space(SpaceThere(there.name, there.model, there.space, there.dimension, tuple(there.fields)), space)

    async def write(self, records: Sequence[SourceRecord]) -> Sequence[ItemOutcome]:
        body = {"items": [item_body(record) for record in records]}
        response = await self._send("POST", f"{self._path}/items", body)
        self._refuse(response)
        try:
            answer = _ItemsAnswer.model_validate_json(response.content)
        except ValidationError as exc:
            raise SinkError(f"{self._client.base_url} answered something that is no Lookalike answer") from exc
        return [item.outcome() for item in answer.items]

    async def close(self) -> None:
        await self._client.aclose()

    async def _send(self, method: str, path: str, body: Json = None) -> httpx.Response:
        content = None if body is None else orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)
        headers = {} if content is None else {"Content-Type": "application/json"}
        for _ in range(_TRIES):
            response = await self._send_once(method, path, content, headers)
            if response.status_code not in _BUSY:
                return response
            # The server says when to come again; waiting is what it asked for.
            await asyncio.sleep(_retry_after_s(response))
        return response

    async def _send_once(
        self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]
    ) -> httpx.Response:
        try:
            return await self._client.request(method, path, content=content, headers=headers)
        except httpx.HTTPError as exc:
            reason = str(exc) or type(exc).__name__
            raise SinkError(
                f"the server at {self._client.base_url} does not answer ({reason}): is it running?"
            ) from exc

    def _refuse(self, response: httpx.Response) -> None:
        if response.is_success:
            return
        try:
            problem = _ProblemBody.model_validate_json(response.content)
        except ValidationError:
            problem = _ProblemBody(detail=f"status {response.status_code}")
        raise SinkError(f"the server at {self._client.base_url} refused: {problem.detail or problem.title}")


def item_body(record: SourceRecord) -> Mapping[str, Json]:
    """The item as JSON; what it does not have is left out."""
    image = None if record.image is None else {"base64": base64.b64encode(record.image).decode()}
    ref = record.image_ref if record.image_ref and len(record.image_ref) <= _MAX_REF_CHARS else None
    body: dict[str, Json] = {"id": record.id, "text": record.text, "image": image, "image_ref": ref}
    if record.vectors:
        body["vectors"] = {name: np.ascontiguousarray(vector) for name, vector in record.vectors.items()}
    return {
        **{key: value for key, value in body.items() if value is not None},
        "attributes": {key: _json(value) for key, value in record.attributes.items()},
    }


def _json(value: AttributeValue) -> Json:
    if isinstance(value, GeoPoint):
        return {"lat": value.lat, "lon": value.lon}
    return list(value) if isinstance(value, tuple) else value


def _space(options: CollectionOptions) -> Json:
    own = options.space
    return None if own is None else {"id": own.id, "dimension": own.dimension, "fields": list(own.fields)}


def _retry_after_s(response: httpx.Response) -> float:
    try:
        seconds = float(response.headers.get("Retry-After", "1"))
    except ValueError:
        seconds = 1.0
    return min(max(seconds, 0.0), _LONGEST_WAIT_S)
