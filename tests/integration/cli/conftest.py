"""Data directories with a tiny model, catalogues with real pictures, and a real server process."""

import os
import re
import selectors
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import orjson
import pytest
from typer.testing import CliRunner, Result

from service.cli import app
from tests.fakes.pictures import picture
from tests.fakes.tiny_bundle import COLOURS, make_tiny_bundle

START_S = 60.0
Cli = Callable[..., Result]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with one model."""
    make_tiny_bundle(tmp_path / "data" / "bundles")
    return tmp_path / "data"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Eight pictures named by their colours, one broken and one empty."""
    root = tmp_path / "catalogue"
    for number, (name, colour) in enumerate(COLOURS.items()):
        path = root / ("dark" if number % 2 else "light") / f"{name}-square.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(colour))
    (root / "broken.jpg").write_bytes(b"not a picture")
    (root / "empty.png").write_bytes(b"")
    return root


@pytest.fixture
def cli(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The command line on the data directory, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(app, [*map(str, arguments), "--data", str(data)])

    return run


def summary_of(result: Result) -> dict[str, object]:
    found: dict[str, object] = orjson.loads(result.stdout)
    return found


class ServerProcess:
    """`lookalike serve` in a process of its own, on a free port."""

    def __init__(self, data: Path) -> None:
        command = [sys.executable, "-m", "service.cli", "serve", "--port", "0", "--data", str(data)]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
        )
        self.url = self._wait_for_address()

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(START_S)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def _wait_for_address(self) -> str:
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            end = monotonic() + START_S
            while selector.select(max(0.0, end - monotonic())):
                line = self.process.stdout.readline()
                if found := re.search(r"http://\S+", line):
                    return found.group()
                if not line:
                    break
        self.process.kill()
        raise AssertionError(f"the server did not start; exit code {self.process.wait(START_S)}")


@pytest.fixture
def server(data: Path) -> Iterator[ServerProcess]:
    running = ServerProcess(data)
    yield running
    if running.process.poll() is None:
        running.stop()
