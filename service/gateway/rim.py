"""The outermost layer of the gateway: every request passes here once, and every failure ends here.

Owns the request id, the limits on bodies, the watch for clients that hang up, the access log, the metrics and the
security headers. Knows no route but the probes.
"""

import asyncio
from collections.abc import Callable
from urllib.parse import quote

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import entry_for
from service.gateway.early import EarlyRefusal
from service.gateway.exchange import Exchange, begin
from service.gateway.intake import ClientGoneError, Intake
from service.gateway.respond import ProblemResponse, harden
from service.metrics import Metrics
from service.tracing import NO_TRACING, Tracing

_log = structlog.get_logger("gateway")
_GONE = 499
"""What the log and the metrics say of a client that hung up (nginx's number; it is never sent)."""
_PROBES = frozenset({"/healthz", "/readyz"})
"""Answered however many requests there are: a full house is neither dead nor unable to serve."""
_UNTRACED = _PROBES | {"/metrics"}
"""Asked by machines, every few seconds."""


class Rim:
    """Pure ASGI middleware around the whole application."""

    def __init__(
        self,
        app: ASGIApp,
        intake: Intake,
        early: EarlyRefusal,
        metrics: Metrics,
        tracing: Tracing,
        route_of: Callable[[Scope], str],
    ) -> None:
        """`route_of`: the route of a request that is refused before it came to one."""
        self._app = app
        self._intake = intake
        self._early = early
        self._metrics = metrics
        self._tracing = tracing
        self._route_of = route_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_body = scope["method"] != "HEAD"
        if not has_body:  # the answer of GET without its body (RFC 9110, 9.3.2)
            scope = {**scope, "method": "GET"}
        exchange = begin(scope)
        outgoing = Outgoing(send, exchange, has_body)
        tracing = NO_TRACING if scope["path"] in _UNTRACED else self._tracing
        with tracing.request(exchange.header("traceparent")):
            try:
                await self._answer(scope, receive, outgoing, exchange)
            except ClientGoneError:
                outgoing.status = _GONE
            except Exception as exc:  # noqa: BLE001 - the rim of the process
                await self._fail(exc, scope, receive, outgoing)
            finally:
                self._record(scope, outgoing.status, exchange)

    async def _answer(self, scope: Scope, receive: Receive, outgoing: "Outgoing", exchange: Exchange) -> None:
        if scope["path"] in _PROBES:
            await self._run(scope, receive, outgoing)  # whatever body there is, nobody reads it
            return
        self._early.check(scope, exchange)
        with self._intake.permit() as held:
            exchange.body = await self._intake.read(exchange, receive, held)
            await self._run(scope, receive, outgoing)

    async def _run(self, scope: Scope, receive: Receive, outgoing: "Outgoing") -> None:
        """Run the application; drop its work when the client hangs up before the answer."""
        gone = asyncio.ensure_future(_disconnect(receive))
        work = asyncio.ensure_future(self._app(scope, _replay(outgoing.exchange.body, gone), outgoing.send))
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done() and not outgoing.is_complete:
                raise ClientGoneError
            await work
        finally:
            await _cancel(work)
            await _cancel(gone)

    async def _fail(self, error: Exception, scope: Scope, receive: Receive, outgoing: "Outgoing") -> None:
        if entry_for(error).status == 500:
            _log.error("request failed", request_id=outgoing.exchange.request_id, path=_shown(scope), exc_info=error)
        if not outgoing.is_started:
            response = ProblemResponse(error, outgoing.exchange.request_id)
            await response(scope, receive, outgoing.send)

    def _record(self, scope: Scope, status: int, exchange: Exchange) -> None:
        if "router" in scope:
            route = getattr(scope.get("route") or scope.get("endpoint"), "path", "")
        else:
            route = self._route_of(scope)
        seconds = exchange.age_s()
        self._metrics.requests.labels(route or "unmatched", scope["method"], str(status)).inc()
        self._metrics.request_seconds.labels(route or "unmatched").observe(seconds)
        self._tracing.answered(scope["method"], route, status, exchange.request_id)
        _log.info(
            "request",
            method=scope["method"],
            path=_shown(scope),
            status=status,
            ms=round(seconds * 1000, 2),
            request_id=exchange.request_id,
        )


class Outgoing:
    """The way back: adds the headers of every response and remembers the status."""

    def __init__(self, send: Send, exchange: Exchange, has_body: bool = True) -> None:
        self._send = send
        self._has_body = has_body
        self.exchange = exchange
        self.status = 500
        self.is_started = False
        self.is_complete = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.is_started = True
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            harden(headers, self.exchange.request_id)
            headers.append("Server-Timing", f"total;dur={self.exchange.age_s() * 1000:.3f}")
        elif not self._has_body:
            message = {**message, "body": b""}
        await self._send(message)
        self.is_complete = message["type"] == "http.response.body" and not message.get("more_body", False)


def _shown(scope: Scope) -> str:
    """The path for the log, where a line break in it must not begin another line."""
    return quote(scope["path"], safe="/:@!$&'()*+,;=~")


async def _cancel(task: "asyncio.Future[None]") -> None:
    """Stop a task; what it raises on its way out interests nobody any more."""
    if not task.done():
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _replay(body: bytes, gone: "asyncio.Future[None]") -> Receive:
    """A `receive` that gives the body again, then waits for the client to hang up."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        if messages:
            return messages.pop()
        await asyncio.wait({gone})
        return {"type": "http.disconnect"}

    return again
