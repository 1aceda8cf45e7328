"""The load: HTTP/1.1 over kept connections, in a process of its own whose processor time is reported with the result.

`Client` holds that process. Closed loop: N callers, each asks again when it has its answer. Open loop: requests leave
at the times of a Poisson process whatever the server does, and latency counts from the time that was planned.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle
from multiprocessing import get_context
from typing import cast
from urllib.parse import urlsplit

import uvloop
from bodies import Body, numbers

_PATIENCE_S = 60.0


@dataclass(frozen=True)
class Answer:
    """One answer; times in seconds on the client's clock. Status 0: none came."""

    status: int
    planned: float
    sent: float
    done: float
    body: bytes = b""

    @property
    def latency(self) -> float:
        return self.done - self.planned


@dataclass(frozen=True)
class Outcome:
    """What a run gave. `cpu_s` is the client's own processor time."""

    answers: list[Answer]
    seconds: float
    cpu_s: float
    asked: int
    """All requests of the run, those of the ramp too."""
    window_s: float
    """The answers are all that came in so many seconds."""

    @property
    def rate(self) -> float:
        """Good answers a second. Counted in a window that begins and ends at any moment of a batch: from the first to
        the last answer, servers that answer in lumps would look faster than they are."""
        return sum(answer.status == 200 for answer in self.answers) / self.window_s

    @property
    def cpu_share(self) -> float:
        """Of one core."""
        return self.cpu_s / self.seconds


@dataclass(frozen=True)
class Closed:
    """A closed loop; what is answered in the first `ramp_s` is left out of the answers."""

    url: str
    bodies: Sequence[Body]
    concurrency: int
    seconds: float
    ramp_s: float = 2.0
    limit: int | None = None
    """Requests at most."""
    keeps_bodies: bool = False


@dataclass(frozen=True)
class Open:
    """An open loop of `rate` requests a second."""

    url: str
    bodies: Sequence[Body]
    rate: float
    seconds: float
    seed: int = 0


class Client:
    """The process that asks."""

    def __init__(self) -> None:
        self._process = ProcessPoolExecutor(1, mp_context=get_context("spawn"))

    def run(self, plan: Closed | Open) -> Outcome:
        return self._process.submit(_run, plan).result()

    def close(self) -> None:
        self._process.shutdown()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def open(cls, url: str) -> "Connection":
        place = urlsplit(url)
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(cls, place.hostname or "127.0.0.1", place.port or 80)
        return connection

    async def ask(self, chunks: Sequence[bytes]) -> tuple[int, bytes]:
        """Status and body; raises ConnectionError."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionError("closed by the server")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.writelines(chunks)
        return await self._answer

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        start = end + 4
        length = _content_length(bytes(self._received[:end]))
        if len(self._received) - start < length:
            return
        status, body = int(self._received[9:12]), bytes(self._received[start : start + length])
        del self._received[: start + length]
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((status, body))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError("lost"))


def _content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    raise ValueError(f"an answer without Content-Length: {head!r}")


def _run(plan: Closed | Open) -> Outcome:
    run = _ClosedRun(plan) if isinstance(plan, Closed) else _OpenRun(plan)
    cpu, start = time.process_time(), time.monotonic()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        answers = runner.run(run.run())
    return Outcome(answers, time.monotonic() - start, time.process_time() - cpu, run.asked, plan.seconds)


async def _ask(connection: Connection, body: Body, number: int, planned: float, keeps_body: bool) -> Answer:
    sent = time.monotonic()
    try:
        async with asyncio.timeout(_PATIENCE_S):
            status, content = await connection.ask(body.chunks(number))
    except (TimeoutError, ConnectionError):
        connection.close()
        status, content = 0, b""
    is_odd = status != 200
    return Answer(status, planned, sent, time.monotonic(), content if keeps_body or is_odd else b"")


class _ClosedRun:
    def __init__(self, plan: Closed) -> None:
        self._plan = plan
        self._bodies = cycle(plan.bodies)
        self._numbers = numbers()
        self._left = plan.limit if plan.limit is not None else 10**12
        self._answers: list[Answer] = []
        self.asked = 0

    async def run(self) -> list[Answer]:
        start = time.monotonic()
        callers = (self._call(start + self._plan.ramp_s + self._plan.seconds) for _ in range(self._plan.concurrency))
        await asyncio.gather(*callers)
        return [answer for answer in self._answers if answer.done >= start + self._plan.ramp_s]

    async def _call(self, end: float) -> None:
        connection = await Connection.open(self._plan.url)
        while (now := time.monotonic()) < end and self._left > 0:
            self._left -= 1
            self.asked += 1
            if not connection.is_open:
                connection = await Connection.open(self._plan.url)
            answer = await _ask(connection, next(self._bodies), next(self._numbers), now, self._plan.keeps_bodies)
            if answer.done <= end:  # what comes later is answered with fewer callers beside it
                self._answers.append(answer)
        connection.close()


@dataclass
class _OpenRun:
    plan: Open
    asked: int = 0
    free: list[Connection] = field(default_factory=list)

    async def run(self) -> list[Answer]:
        arrivals, bodies, number = random.Random(self.plan.seed), cycle(self.plan.bodies), numbers()
        tasks = []
        planned = start = time.monotonic()
        while (planned := planned + arrivals.expovariate(self.plan.rate)) < start + self.plan.seconds:
            await asyncio.sleep(max(0.0, planned - time.monotonic()))
            self.asked += 1
            tasks.append(asyncio.ensure_future(self._one(next(bodies), next(number), planned)))
        answers = await asyncio.gather(*tasks)
        for connection in self.free:
            connection.close()
        return list(answers)

    async def _one(self, body: Body, number: int, planned: float) -> Answer:
        try:
            connection = await self._connection()
        except OSError:
            return Answer(0, planned, planned, time.monotonic())
        answer = await _ask(connection, body, number, planned, keeps_body=False)
        if connection.is_open:
            self.free.append(connection)
        return answer

    async def _connection(self) -> Connection:
        while self.free:
            connection = self.free.pop()
            if connection.is_open:
                return connection
        return await Connection.open(self.plan.url)
