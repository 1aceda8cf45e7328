"""One run of the index job from the command line: chooses the sink, shows progress, heeds Ctrl-C, sums up."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import httpx
from rich.console import Console

from service.bootstrap import build, picture_limits_of
from service.cli.exits import ExitCode
from service.cli.index_report import IndexReport
from service.cli.options import print_json
from service.jobs.index_job import (
    CheckSink,
    ColumnWishes,
    ErrorFile,
    ForwardingSink,
    HttpSink,
    LocalSink,
    Sink,
    Source,
    Tally,
    Watcher,
    open_source,
    run_index,
)
from service.settings import Settings
from service.types import CollectionOptions


@dataclass(frozen=True)
class IndexOrder:
    """What the user asked for."""

    source: Path
    collection: str
    wishes: ColumnWishes
    options: CollectionOptions
    errors: Path
    is_dry: bool
    url: str | None
    as_json: bool


async def run(settings: Settings, order: IndexOrder) -> ExitCode:
    """Carry the order out and say what became of it."""
    console = Console(stderr=True)
    source = await asyncio.to_thread(open_source, order.source, order.wishes, settings.max_picture_bytes)
    report = IndexReport(console, source, order.errors, is_quiet=order.as_json)
    start = perf_counter()
    async with _sink(settings, order, console) as sink:
        with report.bar(), _stop_on_interrupt(console) as stop:
            await sink.prepare(order.options)
            tally = await _write(source, sink, report, stop)
    seconds = perf_counter() - start
    print_json(report.as_json(tally, seconds)) if order.as_json else report.sum_up(tally, seconds, order.is_dry)
    if not tally.is_complete:
        return ExitCode.INTERRUPTED
    return ExitCode.SOME_FAILED if tally["failed"] else ExitCode.DONE


async def _write(source: Source, sink: Sink, report: IndexReport, stop: asyncio.Event) -> Tally:
    with ErrorFile(report.errors) as errors:
        try:
            return await run_index(source, sink, Watcher(errors.add, report.advance), stop)
        except BaseException:
            report.say_how_to_go_on()
            raise


@asynccontextmanager
async def _sink(settings: Settings, order: IndexOrder, console: Console) -> AsyncIterator[Sink]:
    def remote(url: str) -> Sink:
        timeout = httpx.Timeout(settings.write_deadline_s, connect=settings.read_deadline_s)
        return HttpSink(httpx.AsyncClient(base_url=url.rstrip("/"), timeout=timeout), order.collection)

    def on_forward(url: str) -> None:
        console.print(f"The server at {url} has this collection open: writing through it.", soft_wrap=True)

    if order.is_dry:
        yield CheckSink(picture_limits_of(settings))
    elif order.url is not None:
        sink = remote(order.url)
        try:
            yield sink
        finally:
            await sink.close()
    else:
        async with build(settings) as application:
            forwarding = ForwardingSink(LocalSink(application, order.collection), remote, on_forward)
            try:
                yield forwarding
            finally:
                await forwarding.close()


@contextmanager
def _stop_on_interrupt(console: Console) -> Iterator[asyncio.Event]:
    """The first Ctrl-C finishes the batches under way, the second one drops them; both leave whole batches."""
    loop, stop, task = asyncio.get_running_loop(), asyncio.Event(), asyncio.current_task()

    def interrupt() -> None:
        if stop.is_set() and task is not None:
            task.cancel()
        stop.set()
        console.print("Stopping after the batches under way … (Ctrl-C again: at once)")

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupt)
    try:
        yield stop
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
