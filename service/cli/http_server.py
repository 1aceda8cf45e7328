"""uvicorn, told to leave the process alone: signals ask it to drain, and whoever started it closes the rest."""

import asyncio
import gc
import signal
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

from service.cli.http_connection import HttpConnection

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_KEEP_ALIVE_S = 75
"""Longer than proxies and pools keep an idle connection (most of them 60): the one that closes first must not be this
side, or a request that was just sent is lost with the connection."""


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """uvicorn raises a caught signal again when it is done, which would end the process before the store closed."""
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in _SIGNALS:
                loop.remove_signal_handler(number)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        _spare_what_stays()
        self._on_started()


def _spare_what_stays() -> None:
    """What the start made is never garbage. To walk over it took the collector a tenth of a second, again and again
    under load, with every request waiting."""
    gc.collect()
    gc.freeze()


class HttpServer:
    """Serves one application on one socket until SIGTERM or SIGINT; a second SIGINT drops what is under way."""

    def __init__(self, app: Starlette, drain_s: float, on_started: Callable[[], None]) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            http=HttpConnection,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=max(1, round(drain_s)),
        )
        self._server = _Server(config, on_started)

    async def run(self, listener: socket.socket) -> None:
        await self._server.serve(sockets=[listener])
