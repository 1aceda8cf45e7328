"""Real children: they answer, die in every way, come back, and leave nothing behind."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from service.processes import (
    LogStyle,
    ProcessClosedError,
    ProcessCrashedError,
    ProcessError,
    ProcessOverrunError,
    ProcessUnavailableError,
    RemoteError,
)
from service.processes.supervised import SupervisedProcess
from tests.unit.service.processes.conftest import LONG_S, Make, ask, is_alive, wait_for_end


def pid_of(process: SupervisedProcess) -> int:
    return int(ask(process, b"pid"))


def hang(pool: ThreadPoolExecutor, process: SupervisedProcess, trace: Path) -> "Future[bytes]":
    """A call that hangs, once it does."""
    hanging = pool.submit(ask, process, b"hang " + os.fsencode(trace))
    while not trace.exists():
        threading.Event().wait(0.001)
    return hanging


def test_a_channel_that_closed_while_it_was_free_costs_no_call(make: Make) -> None:
    """The child died between two calls, and the first to notice closed its channels."""
    process = make()
    pid_of(process)
    process._free[0].channel.close()
    assert ask(process, b"echo") == b"echo"


def test_a_call_travels_there_and_back_with_its_bytes(make: Make) -> None:
    body = os.urandom(3_000_000)
    frame = make().call(b"echo", [body[:10], b"", body[10:]], limit_s=LONG_S, wait_s=LONG_S)
    assert bytes(frame.head) == b"echo"
    assert frame.body == body + body


def test_the_greeting_is_heard(make: Make) -> None:
    assert make().greeting(LONG_S) == b"ready"


def test_what_a_role_raises_comes_back_with_its_traceback(make: Make) -> None:
    process = make()
    with pytest.raises(RemoteError, match="ValueError: naïve") as raised:
        ask(process, "raise naïve".encode())
    assert (raised.value.kind, raised.value.message) == ("ValueError", "naïve")
    assert "obedient.py" in raised.value.__notes__[0]
    assert ask(process, b"echo") == b"echo"


def test_what_libraries_say_of_an_input_is_shown_only_where_the_role_logs(
    make: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    ask(make(), b"say the strip is damaged")
    assert capfd.readouterr().err == ""
    ask(make(logs=LogStyle()), b"say the strip is damaged")
    assert capfd.readouterr().err == "the strip is damaged"


@pytest.mark.parametrize(("order", "reason"), [(b"crash", "sigsegv"), (b"exit 3", "exit")])
def test_a_death_is_counted_by_its_reason_and_the_next_life_answers(
    make: Make, deaths: list[str], order: bytes, reason: str
) -> None:
    process = make()
    first = pid_of(process)
    with pytest.raises(ProcessCrashedError):
        ask(process, order)
    assert pid_of(process) != first
    assert deaths == [reason]


def test_a_call_that_takes_too_long_costs_the_child_its_life(make: Make, deaths: list[str]) -> None:
    process = make()
    first = pid_of(process)
    with pytest.raises(ProcessOverrunError):
        ask(process, b"hang", limit_s=0.1)
    assert pid_of(process) != first
    assert deaths == ["overrun"]


def test_calls_run_side_by_side_and_all_that_were_under_way_see_the_crash(make: Make, tmp_path: Path) -> None:
    process = make(channels=2)
    pid = pid_of(process)
    with ThreadPoolExecutor(2) as pool:
        first = hang(pool, process, tmp_path / "first")
        assert ask(process, b"echo") == b"echo"
        hanging = [first, hang(pool, process, tmp_path / "second")]
        assert not process.is_ready
        os.kill(pid, signal.SIGKILL)
        for future in hanging:
            with pytest.raises(ProcessCrashedError):
                future.result(LONG_S)
    assert ask(process, b"echo") == b"echo"


def test_callers_wait_for_a_child_that_was_killed_from_outside(make: Make) -> None:
    process = make(channels=2)

    def insist(order: bytes) -> bytes:
        while True:
            try:
                return ask(process, order)
            except ProcessCrashedError:
                continue

    with ThreadPoolExecutor(4) as pool:
        for _ in range(4):
            pid = pid_of(process)
            answers = [pool.submit(insist, f"echo {n}".encode()) for n in range(40)]
            os.kill(pid, signal.SIGKILL)
            assert [future.result(LONG_S) for future in answers] == [f"echo {n}".encode() for n in range(40)]


def test_a_caller_waits_no_longer_than_it_may(make: Make) -> None:
    process = make(b"hang")
    with pytest.raises(ProcessUnavailableError):
        process.call(b"echo", limit_s=LONG_S, wait_s=0.05)
    with pytest.raises(ProcessUnavailableError):
        process.greeting(0.05)


def test_nobody_waits_for_a_child_that_is_away_for_too_long(make: Make) -> None:
    process = make(b"hang", patience_s=0.05)
    for _ in range(2):
        with pytest.raises(ProcessUnavailableError):
            ask(process, b"echo")


def test_a_role_that_cannot_start_says_why(make: Make) -> None:
    with pytest.raises(RemoteError, match="ValueError: no bundle"):
        make(b"raise no bundle").greeting(LONG_S)


def test_a_role_that_is_not_ready_in_time_is_an_error(make: Make) -> None:
    with pytest.raises(ProcessError, match="was not ready within"):
        make(b"hang", start_s=0.3).greeting(LONG_S)


def test_it_is_tried_again_until_it_starts(make: Make, tmp_path: Path, deaths: list[str]) -> None:
    process = make(f"fail-until 2 {tmp_path / 'trace'}".encode())
    assert ask(process, b"echo") == b"echo"
    assert deaths == ["start", "start"]
    assert process.greeting(0) == b"ready"


def test_nobody_waits_for_what_cannot_be_started(make: Make, tmp_path: Path) -> None:
    process = make(f"fail-until 1000 {tmp_path / 'trace'}".encode())
    with pytest.raises(ProcessUnavailableError):
        ask(process, b"echo")
    with pytest.raises(ProcessUnavailableError):
        ask(process, b"echo")


def test_memory_beyond_the_limit_is_refused_and_costs_no_life(make: Make, deaths: list[str]) -> None:
    process = make(max_data_bytes=200_000_000)
    with pytest.raises(RemoteError, match="MemoryError"):
        ask(process, b"allocate 400000000")
    assert ask(process, b"allocate 1000000") == b"1000000"
    assert deaths == []


def test_mathematics_gets_its_threads_and_nothing_heavy_is_loaded(make: Make) -> None:
    process = make(math_threads=3)
    assert ask(process, b"threads") == b"3"
    loaded = set(ask(process, b"modules").decode().split())
    assert not loaded & {"numpy", "structlog", "pydantic", "asyncio", "fastapi", "index"}


def test_an_idle_child_ends_and_comes_back_when_it_is_called(make: Make, deaths: list[str]) -> None:
    process = make(idle_s=0.05)
    first = pid_of(process)
    wait_for_end(first)
    assert pid_of(process) != first
    assert deaths == []


def test_closing_ends_the_child_and_refuses_calls(make: Make) -> None:
    process = make()
    pid = pid_of(process)
    process.close()
    process.close()
    assert not is_alive(pid)
    with pytest.raises(ProcessClosedError):
        ask(process, b"echo")


def test_closing_ends_a_call_that_hangs(make: Make, tmp_path: Path) -> None:
    process = make()
    pid = pid_of(process)
    with ThreadPoolExecutor(1) as pool:
        hanging = hang(pool, process, tmp_path / "trace")
        process.close(grace_s=0.01)
        with pytest.raises(ProcessError):
            hanging.result(LONG_S)
    assert not is_alive(pid)


def test_closing_does_not_wait_for_a_start(make: Make) -> None:
    process = make(b"hang")
    while process.pid is None:
        threading.Event().wait(0.001)
    pid = process.pid
    process.close()
    assert not is_alive(pid)


def test_the_signals_of_a_terminal_leave_it_alone(make: Make) -> None:
    process = make()
    pid = pid_of(process)
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(pid, number)
    assert pid_of(process) == pid


_PARENT = """
import sys
from tests.unit.service.processes.conftest import ROLE, ask
from service.processes import ChildSpec
from service.processes.supervised import SupervisedProcess
process = SupervisedProcess(ChildSpec("obedient", ROLE))
process.start()
print(ask(process, b"pid").decode(), flush=True)
ask(process, b"hang")
"""


def test_children_die_with_their_parent() -> None:
    """Even one that is inside a call, and of a parent that could do nothing about it."""
    with subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_alive(pid)
        parent.kill()
        wait_for_end(pid)
