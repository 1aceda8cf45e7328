"""Data directories with a tiny model, catalogues with real pictures, and a real server process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from service.cli import app
from tests.fakes.pictures import picture
from tests.fakes.tiny_bundle import COLOURS, make_tiny_bundle
from tests.server_process import ServerProcess

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


@pytest.fixture
def server(data: Path) -> Iterator[ServerProcess]:
    running = ServerProcess(data)
    yield running
    running.stop_if_running()
