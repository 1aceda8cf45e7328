"""Takes in request bodies: bounded each, bounded together, refused from the header where it tells enough."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.types import Receive

from service.errors import BodyTooLargeError, DeadlineExceededError, OverloadedError, RequestInvalidError
from service.gateway.exchange import Exchange
from service.metrics import Metrics

_HEAD_START_S = 10.0
_LEAST_BYTES_PER_S = 10_000
"""A body that comes more slowly, after a head start, is given up: each takes the room of a request while it comes."""


class ClientGoneError(Exception):
    """The client hung up; nobody waits for an answer."""


class Intake:
    """Holds at most `max_requests` requests, and `max_held_bytes` of their bodies, at a time."""

    def __init__(
        self,
        max_body_bytes: int,
        max_requests: int,
        max_held_bytes: int,
        longest_s: float,
        metrics: Metrics,
        head_start_s: float = _HEAD_START_S,
    ) -> None:
        """A body that is sent fast enough may take `longest_s`."""
        self._max_body_bytes = max_body_bytes
        self._max_requests = max_requests
        self._max_held_bytes = max_held_bytes
        self._longest_s = longest_s
        self._head_start_s = head_start_s
        self._requests = 0
        self._held_bytes = 0
        self._refused = metrics.intake_refused
        metrics.requests_running.set_function(lambda: self._requests)

    @contextmanager
    def permit(self) -> Iterator["Held"]:
        """The right to be worked on; raises OverloadedError when there is no room."""
        if self._requests >= self._max_requests:
            self._refused.labels("requests").inc()
            raise OverloadedError("too many requests are being answered: try again in a moment")
        self._requests += 1
        held = Held(self)
        try:
            yield held
        finally:
            self._requests -= 1
            self._held_bytes -= held.size

    async def read(self, exchange: Exchange, receive: Receive, held: "Held") -> bytes:
        """The whole body. Raises BodyTooLargeError, OverloadedError, DeadlineExceededError, ClientGoneError."""
        self._check(_announced(exchange))
        try:
            async with asyncio.timeout(None) as end:
                return await self._chunks(receive, held, end)
        except TimeoutError as exc:
            raise DeadlineExceededError("the body did not arrive in time: send less, or over a faster line") from exc

    async def _chunks(self, receive: Receive, held: "Held", end: asyncio.Timeout) -> bytes:
        started = asyncio.get_running_loop().time()
        chunks: list[bytes] = []
        while True:
            allowed_s = min(self._longest_s, self._head_start_s + held.size / _LEAST_BYTES_PER_S)
            end.reschedule(started + allowed_s)
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGoneError
            chunk = message.get("body", b"")
            held.add(len(chunk))
            self._check(held.size)
            chunks.append(chunk)
            if not message.get("more_body", False):
                return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def take(self, count: int) -> None:
        if self._held_bytes + count > self._max_held_bytes:
            self._refused.labels("bodies").inc()
            raise OverloadedError("the bodies of other requests fill the memory set aside for them: try again")
        self._held_bytes += count

    def _check(self, size: int) -> None:
        if size > self._max_body_bytes:
            raise BodyTooLargeError(
                f"the body may have at most {self._max_body_bytes:,} bytes: send fewer items, or smaller pictures"
            )


class Held:
    """The bytes that one request holds."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self.size = 0

    def add(self, count: int) -> None:
        self._intake.take(count)
        self.size += count


def _announced(exchange: Exchange) -> int:
    length = exchange.header("content-length") or "0"
    if not length.isdecimal():
        raise RequestInvalidError("Content-Length must be a number of bytes")
    return int(length)
