"""Runs the gateway in this process: binds, builds the core, serves, drains. The command line calls `run`."""

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import TypeAlias

import structlog
import uvicorn

from service.bootstrap import Application, build
from service.gateway.app import create_app
from service.settings import Settings

_log = structlog.get_logger("gateway")
_BACKLOG = 2048
_KEEP_ALIVE_S = 30

Announce: TypeAlias = Callable[[str], None]
"""Told the address once the service answers there."""


def run(settings: Settings, announce: Announce) -> None:
    """Serve until a signal says stop; accepted work is finished and the store closed before this returns.

    Raises: OSError when the address cannot be bound, and what `build` raises.
    """
    runner = asyncio.Runner(loop_factory=_loop_factory())
    with bind(settings.host, settings.port) as listener, runner, suppress(KeyboardInterrupt):
        runner.run(serve(settings, listener, announce))


async def serve(settings: Settings, listener: socket.socket, announce: Announce) -> None:
    """Build the core and serve it on a bound socket."""
    address = address_of(settings.host, listener)
    application = build(settings, address)
    config = uvicorn.Config(
        create_app(application, settings),
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        ws="none",
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=max(1, round(settings.drain_s)),
    )
    await _Server(config, application, lambda: announce(address)).serve(sockets=[listener])


class _Server(uvicorn.Server):
    """Tells when it answers, and closes the core when it stops: uvicorn ends the process before a caller could."""

    def __init__(self, config: uvicorn.Config, application: Application, on_start: Callable[[], None]) -> None:
        super().__init__(config)
        self._application = application
        self._on_start = on_start

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        await self._application.close()


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; warns when others than this machine can reach it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    if not _is_loopback(listener):
        _log.warning("the service is open to the network: it asks nobody for a key", host=host)
    return listener


def address_of(host: str, listener: socket.socket) -> str:
    """The URL of a bound socket."""
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}"


def _is_loopback(listener: socket.socket) -> bool:
    return ipaddress.ip_address(listener.getsockname()[0]).is_loopback


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 - not there on every platform
    except ImportError:
        return None
    return uvloop.new_event_loop
