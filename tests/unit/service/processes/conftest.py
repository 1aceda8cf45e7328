"""Supervised processes with a role that obeys."""

import os
import select
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from service.processes import ChildSpec
from service.processes.supervised import SupervisedProcess

ROLE = "tests.unit.service.processes.obedient:ObedientRole"
LONG_S = 60.0
Make = Callable[..., SupervisedProcess]


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


@pytest.fixture
def deaths() -> list[str]:
    """Why processes died, in order."""
    return []


@pytest.fixture
def make(deaths: list[str]) -> Iterator[Make]:
    made: list[SupervisedProcess] = []

    def start(arguments: bytes = b"", idle_s: float | None = None, **changes: Any) -> SupervisedProcess:
        process = SupervisedProcess(ChildSpec("obedient", ROLE, arguments, **changes), deaths.append, idle_s)
        made.append(process)
        process.start()
        return process

    yield start
    for process in made:
        process.close()


def ask(process: SupervisedProcess, order: bytes, body: bytes = b"", limit_s: float = LONG_S) -> bytes:
    """The head of the answer."""
    return bytes(process.call(order, [body], limit_s=limit_s, wait_s=LONG_S).head)


def is_alive(pid: int) -> bool:
    """Whether there is such a process that is more than a corpse."""
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123 - /proc
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for_end(pid: int) -> None:
    """Of a process that need not be a child of this one."""
    try:
        watch = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        assert select.select([watch], [], [], LONG_S)[0], f"process {pid} did not end"
    finally:
        os.close(watch)
