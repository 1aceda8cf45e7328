"""Responses: JSON by orjson, problems as RFC 9457, and the headers that every response carries."""

from collections.abc import Sequence

import orjson
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from service.errors import MethodNotAllowedError, OverloadedError, RequestInvalidError, RouteNotFoundError, ServiceError
from service.gateway.answers.problems import MEDIA_TYPE, answer_for

API_POLICY = "default-src 'none'; frame-ancestors 'none'"


class Json(JSONResponse):
    """Any answer; float32 arrays are written as they lie in memory."""

    def render(self, content: object) -> bytes:
        return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)


class ProblemResponse(Json):
    """A failure."""

    media_type = MEDIA_TYPE

    def __init__(self, error: BaseException, request_id: str) -> None:
        answer = answer_for(error, request_id)
        super().__init__(answer, status_code=answer["status"])
        if answer["status"] == 503:
            retry_after_s = error.retry_after_s if isinstance(error, OverloadedError) else 1
            self.headers["Retry-After"] = str(retry_after_s)


def to_service_error(error: HTTPException, request: Request, allowed: Sequence[str]) -> ServiceError:
    """What Starlette raises by itself, as one of our errors."""
    if error.status_code == 404:
        return RouteNotFoundError(f"there is no route {request.url.path}: /docs lists them all")
    if error.status_code == 405:
        return MethodNotAllowedError(f"{request.url.path} takes {' or '.join(allowed)}, not {request.method}")
    return RequestInvalidError(str(error.detail))


def harden(headers: MutableHeaders, request_id: str) -> None:
    """The headers of every response; a route's own policy stays."""
    headers["X-Request-Id"] = request_id
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers.setdefault("Content-Security-Policy", API_POLICY)
