"""What the rim knows of one request and the routes may ask: its id, its arrival, its body."""

import re
import time
import uuid
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import Scope

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass
class Exchange:
    """One request on its way through the gateway. `body` is whole before a route runs."""

    request_id: str
    arrived: float
    """Of `time.monotonic`."""
    body: bytes = b""

    def age_s(self) -> float:
        return time.monotonic() - self.arrived


def begin(scope: Scope) -> Exchange:
    """Make the exchange of a request and leave it where `exchange_of` finds it."""
    asked = Headers(scope=scope).get("x-request-id", "")
    request_id = asked if _ID.fullmatch(asked) else uuid.uuid4().hex
    exchange = Exchange(request_id, time.monotonic())
    scope.setdefault("state", {})["exchange"] = exchange
    return exchange


def exchange_of(request: HTTPConnection) -> Exchange:
    exchange: Exchange = request.state.exchange
    return exchange
