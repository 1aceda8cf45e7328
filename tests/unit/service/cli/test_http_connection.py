"""Heads that come too slowly, never end or never begin; whoever behaves notices nothing."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from service.cli import http_connection, http_server
from service.cli.http_server import HttpServer

pytestmark = pytest.mark.asyncio

HEAD = b"POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 2\r\n"
SLOWLY = b"zz"
ENDLESS = b"a" * 2**26
"""More than the buffers of both sides hold."""
Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


async def echo(request: Request) -> PlainTextResponse:
    body = await request.body()
    if body == SLOWLY:
        await asyncio.sleep(0.5)
    return PlainTextResponse(body)


@asynccontextmanager
async def serving() -> AsyncIterator[Connect]:
    listener = socket.create_server(("127.0.0.1", 0))
    started = asyncio.Event()
    server = HttpServer(Starlette(routes=[Route("/", echo, methods=["POST"])]), 1.0, started.set)
    task = asyncio.create_task(server.run(listener))
    await asyncio.wait_for(started.wait(), 10)
    try:
        yield lambda: asyncio.open_connection(*listener.getsockname())
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_head_that_does_not_end_in_time_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_connection, "HEAD_S", 0.1)
    async with serving() as connect:
        reader, writer = await connect()
        writer.write(HEAD)
        answer = await asyncio.wait_for(reader.read(), 10)
        assert answer.startswith(b"HTTP/1.1 408 ")
        writer.close()


async def test_a_head_without_an_end_is_refused() -> None:
    async with serving() as connect:
        reader, writer = await connect()
        writer.write(HEAD + b"x-long: " + ENDLESS[: 2 * http_connection.HEAD_BYTES])
        assert (await asyncio.wait_for(reader.readline(), 10)).startswith(b"HTTP/1.1 431 ")
        writer.close()


async def test_an_endless_head_behind_a_request_under_way_is_not_read_on() -> None:
    async with serving() as connect:
        reader, writer = await connect()
        writer.write(HEAD + b"\r\n" + SLOWLY + HEAD + b"x-long: " + ENDLESS)
        assert (await asyncio.wait_for(reader.readline(), 10)).startswith(b"HTTP/1.1 200 ")
        with pytest.raises(ConnectionError):
            await asyncio.wait_for(writer.drain(), 10)  # most of it was never taken
        writer.close()


async def test_endless_trailers_are_not_read_on() -> None:
    async with serving() as connect:
        _, writer = await connect()
        writer.write(
            b"POST / HTTP/1.1\r\nhost: here\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nx-long: " + ENDLESS
        )
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(writer.drain(), 0.5)  # whoever reads the body gives it up in time
        writer.transport.abort()


@pytest.mark.parametrize("asks_first", [False, True], ids=["silent", "kept awake with nothing"])
async def test_a_connection_that_brings_no_request_is_closed(asks_first: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "_KEEP_ALIVE_S", 0.3)
    async with serving() as connect:
        reader, writer = await connect()
        if asks_first:
            writer.write(HEAD + b"\r\nab")
            assert (await asyncio.wait_for(reader.readuntil(b"ab"), 10)).startswith(b"HTTP/1.1 200 ")
            writer.write(b"\r\n")
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()


async def test_slow_bodies_and_further_requests_are_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_connection, "HEAD_S", 0.1)
    async with serving() as connect:
        reader, writer = await connect()
        for _ in range(2):
            writer.write(HEAD + b"\r\na")
            await asyncio.sleep(0.3)
            writer.write(b"b")
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
            assert head.startswith(b"HTTP/1.1 200 ")
            assert await asyncio.wait_for(reader.readexactly(2), 10) == b"ab"
        writer.close()
