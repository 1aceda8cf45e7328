"""Hostile files among good requests: these get their vectors, those a problem, and nothing else happens."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from models.bundle import Bundle, open_bundle
from models.pictures import PictureLimits
from models.starter.assemble import assemble
from service.children import start_decoders
from service.metrics import Metrics
from service.settings import Settings
from tests.children_of import children_of
from tests.integration.redis.worker_process import WorkerProcess
from tests.poison.corpus import made
from tests.poison.wire import malformed
from tests.redis_server import RedisServer
from tests.server_process import ServerProcess
from tests.slow.encoder.questions import Alone, Question, body_of
from tests.slow.encoder.shipped import shipped
from tests.slow.encoder.traffic import Traffic
from tests.slow.encoder.watching import Readiness, restarts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

EVERY = 8
"""One request of so many is hostile."""
GOOD_AT_A_TIME = 64
CALLERS = -(-GOOD_AT_A_TIME * EVERY // (EVERY - 1))
GOOD = 256
"""Asked again and again; the cache holds none of them."""
LEAST_REFUSED = 150
SETTINGS = {
    "LOOKALIKE_ENGINE": "onnxruntime",
    "LOOKALIKE_VECTOR_CACHE_ENTRIES": "1",
    # The machine may be slow; what is tried here is not how fast it is.
    "LOOKALIKE_SEARCH_DEADLINE_S": "60",
    "LOOKALIKE_READY_DEADLINE_S": "30",
    "LOOKALIKE_DECODE_LIMIT_S": "60",
}
Pids = set[int]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return open_bundle(assemble(tmp_path_factory.mktemp("data") / "bundles" / "starter"))


@pytest.fixture(scope="module")
def alone(bundle: Bundle) -> Iterator[Alone]:
    metrics = Metrics()
    decoder = start_decoders(Settings(decode_limit_s=60), PictureLimits(), 1, metrics)
    yield Alone(bundle, decoder)
    decoder.close()


def of_tests(alone: Alone) -> list[Question]:
    """The files that the tests make, and what is not even a file."""
    files = [alone.picture(case.name, case.data) for case in made()]
    return files + [Question(one.name, body_of(one.given), (one.status, one.code)) for one in malformed()]


def of_pillow(alone: Alone) -> list[Question]:
    return [alone.picture(name, data) for name, data in shipped()]


@asynccontextmanager
async def service(data: Path) -> AsyncIterator[tuple[str, Callable[[], Pids]]]:
    """The URL, and a look at all of its processes."""
    server = await asyncio.to_thread(ServerProcess, data, SETTINGS)
    yield server.url, lambda: set(children_of(server.process.pid))
    assert server.stop() == 0


@asynccontextmanager
async def service_with_workers(data: Path) -> AsyncIterator[tuple[str, Callable[[], Pids]]]:
    with RedisServer() as redis:
        workers = [WorkerProcess(data, redis.url) for _ in range(2)]
        for worker in workers:
            await asyncio.to_thread(worker.wait_until_it_works)
        settings = SETTINGS | {"LOOKALIKE_QUEUE": "redis", "LOOKALIKE_REDIS_URL": redis.url}
        server = await asyncio.to_thread(ServerProcess, data, settings)
        parents = [server.process.pid, *(worker.pid for worker in workers)]
        yield server.url, lambda: {pid for parent in parents for pid in children_of(parent)}
        assert [server.stop(), *(worker.stop() for worker in workers)] == [0, 0, 0]


def mixed(good: Iterable[Question], hostile: list[Question]) -> Iterator[Question]:
    """The hostile ones in an order of chance, each behind its share of good ones."""
    stream = itertools.cycle(good)
    for number in np.random.default_rng(5).permutation(len(hostile)):
        yield from itertools.islice(stream, EVERY - 1)
        yield hostile[number]


@pytest.mark.parametrize("start", [service, service_with_workers], ids=["serve", "two workers behind Redis"])
@pytest.mark.parametrize("corpus", [of_tests, of_pillow], ids=["made here", "shipped by Pillow"])
async def test_nothing_happens_to_the_neighbours(bundle: Bundle, alone: Alone, corpus, start) -> None:
    hostile = corpus(alone)
    refused = [question for question in hostile if isinstance(question.right, tuple)]
    assert len(refused) >= LEAST_REFUSED
    assert all(400 <= question.right[0] < 500 for question in refused)
    good = list(itertools.islice(alone.good_ones(), GOOD))
    async with AsyncExitStack() as stack:
        url, processes = await stack.enter_async_context(start(bundle.folder.parents[1]))
        before = processes()
        async with Readiness(url) as readiness, Traffic(url, mixed(good, hostile), CALLERS) as traffic:
            pass
        assert traffic.tally.wrong == [] and traffic.tally.put_off == 0
        assert traffic.tally.refused == len(refused)
        assert traffic.tally.answered == EVERY * len(hostile) - len(refused)
        assert readiness.lost == [] and readiness.asked > 0
        assert restarts(url) == {} and processes() == before
