"""Bodies that do not come: given up when they are too slow, or take too long."""

import asyncio

import pytest
from starlette.types import Message

from service.errors import DeadlineExceededError
from service.gateway.exchange import Exchange
from service.gateway.intake import Intake
from service.metrics import Metrics

SOON_S, LATE_S = 0.01, 600.0


class Client:
    """Sends some bytes at once, and nothing more."""

    def __init__(self, count: int) -> None:
        self._first: list[Message] = [{"type": "http.request", "body": bytes(count), "more_body": True}]

    async def receive(self) -> Message:
        if self._first:
            return self._first.pop()
        await asyncio.Event().wait()
        raise AssertionError


@pytest.mark.parametrize(
    ("longest_s", "head_start_s", "count"),
    [(LATE_S, SOON_S, 1), (SOON_S, LATE_S, 1), (SOON_S, SOON_S, 5_000_000)],
    ids=["a drop", "no time", "many bytes, and no time"],
)
async def test_a_body_that_stops_is_given_up(longest_s: float, head_start_s: float, count: int) -> None:
    intake = Intake(10_000_000, 1, 10_000_000, longest_s, Metrics(), head_start_s)
    for _ in range(2):  # its room is free again
        with intake.permit() as held, pytest.raises(DeadlineExceededError, match="did not arrive"):
            await intake.read(Exchange("id", 0.0), Client(count).receive, held)


async def test_what_has_come_buys_time() -> None:
    intake = Intake(10_000_000, 1, 10_000_000, LATE_S, Metrics(), SOON_S)
    with intake.permit() as held:
        reading = asyncio.ensure_future(intake.read(Exchange("id", 0.0), Client(5_000_000).receive, held))
        await asyncio.wait([reading], timeout=10 * SOON_S)
        assert not reading.done()
        reading.cancel()
        await asyncio.wait([reading])
