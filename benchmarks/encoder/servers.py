"""Starts what is measured, waits until it answers, stops it. Each server gets a scratch folder with its log."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

_START_S = 300.0
_STOP_S = 30.0
_OWN_COMMANDS = Path(sys.executable).parent


@dataclass(frozen=True)
class Server:
    """One that runs. `process` is what was started first; its children belong to it."""

    url: str
    process: int
    log: Path
    encoders: tuple[str, ...] = ()
    """Addresses of the processes that run the encoder, for their metrics."""


@contextmanager
def lookalike(bundle: Path, settings: Mapping[str, str] | None = None, workers: int = 0) -> Iterator[Server]:
    """`lookalike serve` with one bundle; with `workers`, over Redis with that many `lookalike worker` processes."""
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        environment = {**_only_bundle(scratch, bundle), **(settings or {})}
        ports = [free_port() for _ in range(workers)]
        if workers:
            environment |= {"LOOKALIKE_QUEUE": "redis", "LOOKALIKE_REDIS_URL": stack.enter_context(_redis(scratch))}
            for port in ports:
                alone = {**environment, "LOOKALIKE_ENCODER_WORKERS": "1", "LOOKALIKE_WORKER_PORT": str(port)}
                command = [str(_OWN_COMMANDS / "lookalike"), "worker"]
                stack.enter_context(running(command, alone, scratch / f"worker-{port}.log"))
        gateway = stack.enter_context(_gateway(scratch, environment))
        encoders = tuple(f"http://127.0.0.1:{port}" for port in ports)
        yield replace(gateway, encoders=encoders or (gateway.url,))


@contextmanager
def command_server(command: Sequence[str], environment: Mapping[str, str], port: int, probe: str) -> Iterator[Server]:
    """Any server that listens on `port` and answers `probe` with 200 when it is ready."""
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch) / "server.log"
        with running(command, environment, log) as process:
            server = Server(f"http://127.0.0.1:{port}", process.pid, log)
            _wait_until_ready(server, process, probe)
            yield server


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A process with its output in a file; told to stop at the end, and waited for."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LOOKALIKE_")}
    with log.open("wb") as file:
        process = subprocess.Popen(command, env={**clean, **environment}, stdout=file, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def _only_bundle(scratch: Path, bundle: Path) -> dict[str, str]:
    (scratch / "bundles").mkdir()
    (scratch / "bundles" / bundle.name).symlink_to(bundle.resolve())
    return {"LOOKALIKE_DATA_DIR": str(scratch)}


@contextmanager
def _gateway(scratch: Path, environment: Mapping[str, str]) -> Iterator[Server]:
    port = free_port()
    command = [str(_OWN_COMMANDS / "lookalike"), "serve", "--port", str(port)]
    with running(command, environment, scratch / "serve.log") as process:
        server = Server(f"http://127.0.0.1:{port}", process.pid, scratch / "serve.log")
        _wait_until_ready(server, process, "/readyz")
        yield server


@contextmanager
def _redis(scratch: Path) -> Iterator[str]:
    port = free_port()
    command = ["redis-server", "--port", str(port), "--save", "", "--appendonly", "no", "--dir", str(scratch)]
    if shutil.which(command[0]) is None:
        sys.exit("redis-server is not installed (Debian: apt-get install redis-server)")
    with running(command, {}, scratch / "redis.log"):
        yield f"redis://127.0.0.1:{port}/0"


def _wait_until_ready(server: Server, process: "subprocess.Popen[bytes]", probe: str) -> None:
    end = time.monotonic() + _START_S
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            if httpx.get(server.url + probe, timeout=10.0).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    sys.exit(f"{process.args!r} did not start:\n{server.log.read_text(errors='replace')[-4000:]}")
