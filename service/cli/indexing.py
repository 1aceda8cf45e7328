"""One run of the index job from the command line: chooses the sink, shows progress, heeds Ctrl-C, sums up."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

import httpx
from rich.console import Console

from index.errors import CollectionNotFoundError
from models.errors import ModelError
from models.manifest import Manifest
from service.bootstrap import build, limits_of, open_store, picture_limits_of
from service.cli.exits import ExitCode
from service.cli.index_report import IndexReport
from service.cli.options import print_json
from service.encoders import manifests
from service.engine_settings import encoder_plan_of
from service.errors import ServiceError
from service.jobs.index_job import (
    UNNAMED,
    CheckSink,
    ColumnWishes,
    ErrorFile,
    ForwardingSink,
    HttpSink,
    LocalSink,
    Sink,
    Source,
    SourceError,
    StoreSink,
    Tally,
    VectorWishes,
    Watcher,
    open_source,
    open_vectors,
    run_index,
)
from service.settings import Settings
from service.types import CollectionOptions, OwnSpace


@dataclass(frozen=True)
class IndexOrder:
    """What the user asked for."""

    source: Path | None
    """With `vectors`, the table beside them."""
    collection: str
    vectors: VectorWishes | None
    space: str | None
    wishes: ColumnWishes
    options: CollectionOptions
    errors: Path
    is_dry: bool
    url: str | None
    as_json: bool


async def run(settings: Settings, order: IndexOrder) -> ExitCode:
    """Carry the order out and say what became of it."""
    console = Console(stderr=True)
    source, options = await asyncio.to_thread(_opened, settings, order)
    report = IndexReport(console, source, order.errors, is_quiet=order.as_json)
    start = perf_counter()
    async with _sink(settings, order, console) as sink:
        with report.bar(), _stop_on_interrupt(console) as stop:
            await sink.prepare(options)
            tally = await _write(source, sink, report, stop)
    seconds = perf_counter() - start
    print_json(report.as_json(tally, seconds)) if order.as_json else report.sum_up(tally, seconds, order.is_dry)
    if not tally.is_complete:
        return ExitCode.INTERRUPTED
    return ExitCode.SOME_FAILED if tally["failed"] else ExitCode.DONE


def _opened(settings: Settings, order: IndexOrder) -> tuple[Source, CollectionOptions]:
    """The source, and what a new collection is made with. Raises SourceError."""
    if order.vectors is not None:
        source, dimension = open_vectors(order.vectors, order.source, order.wishes)
        space = OwnSpace(order.space or UNNAMED, dimension, (order.vectors.field,))
        return source, replace(order.options, space=space)
    if order.source is None:
        raise SourceError("there is nothing to index")
    return open_source(order.source, order.wishes, settings.max_picture_bytes), order.options


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
        async with _closing(remote(order.url)) as sink:
            yield sink
    elif order.vectors is not None and not await asyncio.to_thread(_has_model, settings, order.collection):
        direct = StoreSink(open_store(settings), order.collection, limits_of(settings), _manifests(settings))
        async with _closing(ForwardingSink(direct, remote, on_forward)) as forwarding:
            yield forwarding
    else:
        async with build(settings) as application:
            local = LocalSink(application, order.collection)
            async with _closing(ForwardingSink(local, remote, on_forward)) as forwarding:
                yield forwarding


@asynccontextmanager
async def _closing(sink: Sink) -> AsyncIterator[Sink]:
    try:
        yield sink
    finally:
        await sink.close()


def _has_model(settings: Settings, collection: str) -> bool:
    """Whether it is there, made with a model: then vectors need what the model knows of its space."""
    with closing(open_store(settings)) as store:
        try:
            return store.open(collection).spec.model is not None
        except CollectionNotFoundError:
            return False


def _manifests(settings: Settings) -> Sequence[Manifest]:
    """Of the bundles there are; vectors that are ready need none."""
    with suppress(ServiceError, ModelError):
        return list(manifests(encoder_plan_of(settings)).values())
    return ()


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
