"""`lookalike worker`: encodes what gateways put into Redis. Owns the life of the process: start, drain, stop."""

import asyncio
import socket
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.exits import guarded
from service.cli.options import DataOption, settings_with

if TYPE_CHECKING:
    from service.settings import Settings
    from service.worker import Worker
    from service.worker.workplace import Workplace


@guarded
def worker(
    host: Annotated[str | None, typer.Option(help="Address of the probes (default: 127.0.0.1).")] = None,
    port: Annotated[
        int | None, typer.Option(help="Port of /healthz, /readyz and /metrics (default: 8001; 0 takes a free one).")
    ] = None,
    data: DataOption = None,
) -> None:
    """Encode for gateways that share a Redis (LOOKALIKE_QUEUE=redis). SIGTERM and Ctrl-C let begun work finish."""
    from service.cli.listening import listen
    from service.logs import configure_logs

    settings = settings_with(host=host, worker_port=port, data_dir=data)
    configure_logs(settings.log_format, settings.log_level)
    with closing(listen(settings.host, settings.worker_port)) as listener:
        _run(settings, listener)


def _run(settings: "Settings", listener: socket.socket) -> None:
    import uvloop

    from service.worker.workplace import open_workplace

    workplace = open_workplace(settings)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_work(settings, listener, workplace))
    finally:
        workplace.close()
    typer.echo("stopped", err=True)


async def _work(settings: "Settings", listener: socket.socket, workplace: "Workplace") -> None:
    from service.cli.http_server import HttpServer
    from service.worker.probes import create_probes
    from service.worker.workplace import make_worker

    worker = make_worker(settings, workplace)
    probes = create_probes(worker, workplace.queue, workplace.manifests, workplace.metrics, settings.ready_deadline_s)
    server = HttpServer(probes, settings.drain_s, lambda: _announce(worker, listener))
    watching, working = asyncio.create_task(server.run(listener)), asyncio.create_task(worker.run())
    try:
        await asyncio.wait((watching, working), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        given_back = await worker.drain(settings.drain_s)
        for task in (watching, working):
            task.cancel()
        await asyncio.gather(watching, working, return_exceptions=True)
    typer.echo(f"drained; {given_back} inputs were given back", err=True)


def _announce(worker: "Worker", listener: socket.socket) -> None:
    from service.cli.listening import address_of

    typer.echo(f"Lookalike worker {worker.name}; probes and metrics on {address_of(listener)}   Stop with Ctrl-C.")
