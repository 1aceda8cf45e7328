"""How long a route may take: its setting, or less where the client says so in X-Deadline-Ms."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, TypeAlias

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute

from service.errors import DeadlineExceededError, Fault, RequestInvalidError
from service.gateway.exchange import exchange_of
from service.settings import Settings
from service.types import Deadline

HEADER = "X-Deadline-Ms"
_GRACE_S = 0.25
"""The core keeps the deadline itself and knows what was late; this much later it is stopped whatever it does."""


class _TimedRoute(APIRoute):
    """A route whose handler is stopped at its deadline."""

    @staticmethod
    def seconds(settings: Settings) -> float:
        raise NotImplementedError

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_in_time(request: Request) -> Response:
            deadline = self._deadline(request)
            request.state.deadline = deadline
            try:
                async with asyncio.timeout(deadline.remaining() + _GRACE_S):
                    return await handle(request)
            except TimeoutError as exc:
                raise DeadlineExceededError("the answer was not there in time: ask for less, or try again") from exc

        return handle_in_time

    def _deadline(self, request: Request) -> Deadline:
        exchange = exchange_of(request)
        seconds = self.seconds(request.app.state.application.settings)
        asked = exchange.header(HEADER.lower())
        if asked is not None:
            seconds = min(seconds, milliseconds(asked) / 1000.0)
        return Deadline(exchange.arrived + seconds)


class SearchRoute(_TimedRoute):
    """Searches and embeddings."""

    @staticmethod
    def seconds(settings: Settings) -> float:
        return settings.search_deadline_s


class WriteRoute(_TimedRoute):
    """Whatever changes a collection."""

    @staticmethod
    def seconds(settings: Settings) -> float:
        return settings.write_deadline_s


class ReadRoute(_TimedRoute):
    """Whatever is read as it lies there."""

    @staticmethod
    def seconds(settings: Settings) -> float:
        return settings.read_deadline_s


class ReadyRoute(_TimedRoute):
    """The readiness probe."""

    @staticmethod
    def seconds(settings: Settings) -> float:
        return settings.ready_deadline_s


def deadline_of(request: Request) -> Deadline:
    """Of a request on one of these routes."""
    deadline: Deadline = request.state.deadline
    return deadline


async def _injected(request: Request) -> Deadline:
    return deadline_of(request)


Within: TypeAlias = Annotated[Deadline, Depends(_injected)]


def milliseconds(text: str) -> int:
    """What the header says. Raises RequestInvalidError."""
    if text.isdecimal() and len(text) < 10 and int(text) > 0:
        return int(text)
    message = f"{HEADER} must be a whole number of milliseconds, from 1 to 999999999"
    raise RequestInvalidError(message, (Fault(f"header.{HEADER}", message),))
