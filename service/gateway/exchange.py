"""What the rim knows of one request and the routes may ask: its id, its arrival, its body."""

import random
import re
import time
from dataclasses import dataclass, field

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
    headers: dict[bytes, bytes] = field(default_factory=dict)
    """By lower-case name; of one that occurs twice the first counts."""

    def header(self, name: str) -> str | None:
        value = self.headers.get(name.encode())
        return None if value is None else value.decode("latin-1")

    def age_s(self) -> float:
        return time.monotonic() - self.arrived


def begin(scope: Scope) -> Exchange:
    """Make the exchange of a request and leave it where `exchange_of` finds it."""
    exchange = Exchange("", time.monotonic(), headers=dict(reversed(scope["headers"])))
    asked = exchange.header("x-request-id") or ""
    # Only has to differ from others, so the operating system need not be asked for each.
    exchange.request_id = asked if _ID.fullmatch(asked) else f"{random.getrandbits(128):032x}"
    scope.setdefault("state", {})["exchange"] = exchange
    return exchange


def exchange_of(request: HTTPConnection) -> Exchange:
    exchange: Exchange = request.state.exchange
    return exchange
