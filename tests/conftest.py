"""What every test stands on: no timed assertions from Hypothesis, and logs that no test leaves to the next."""

import os
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

from tests.redis_server import RedisServer

os.environ.setdefault("LOOKALIKE_ENGINE_BUDGET_S", "0")  # no test but those of the engines waits for a measurement

settings.register_profile("lookalike", deadline=None)  # the machine is shared: a slow example is no failure
settings.load_profile("lookalike")


@pytest.fixture(autouse=True)
def logs_of_its_own() -> Iterator[None]:
    """An entry point configures logs for the stream it sees, which is closed when its test is over."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def one_faiss_thread() -> Iterator[None]:
    """Small trainings are slower with threads that wait for each other."""
    import faiss

    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    yield
    faiss.omp_set_num_threads(before)


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The address of a real Redis that all tests share: each takes a prefix of its own."""
    with RedisServer() as server:
        yield server.url
