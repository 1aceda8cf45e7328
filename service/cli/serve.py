"""`lookalike serve`: the gateway, with its encoder and decoders beside it. Owns the life of all: start, drain, stop."""

import asyncio
import socket
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.exits import guarded
from service.cli.options import DataOption, settings_with

if TYPE_CHECKING:
    from service.settings import Settings


@guarded
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (default: 127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (default: 8000; 0 takes a free one).")] = None,
    data: DataOption = None,
) -> None:
    """Serve the HTTP interface and the search page. SIGTERM and Ctrl-C let accepted requests finish."""
    from service.cli.listening import listen
    from service.logs import configure_logs

    settings = settings_with(host=host, port=port, data_dir=data)
    configure_logs(settings.log_format, settings.log_level)
    with closing(listen(settings.host, settings.port)) as listener:
        _run(settings, listener)


def _run(settings: "Settings", listener: socket.socket) -> None:
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, listener))


async def _serve(settings: "Settings", listener: socket.socket) -> None:
    from service.bootstrap import build
    from service.cli.http_server import HttpServer
    from service.cli.listening import address_of
    from service.gateway import create_app

    application = build(settings, address_of(listener), in_children=settings.child_processes)
    async with application:
        app = create_app(application, settings)
        await HttpServer(app, settings.drain_s, lambda: _announce(settings, listener)).run(listener)
    typer.echo("stopped", err=True)


def _announce(settings: "Settings", listener: socket.socket) -> None:
    from service.cli.listening import address_of, is_open_to_network

    address = address_of(listener)
    typer.echo(f"Lookalike serves {settings.data_dir} on {address}   (API: {address}/docs)   Stop with Ctrl-C.")
    if is_open_to_network(listener):
        typer.echo("warning: everybody who reaches this machine can read and write; there are no keys yet.", err=True)
