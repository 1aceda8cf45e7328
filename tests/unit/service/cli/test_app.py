"""The command line as a whole: quick to start, errors as sentences, exit codes as documented."""

import subprocess
import sys
from collections.abc import Callable

import pytest
import typer
from typer.testing import CliRunner

from index.errors import CollectionNotFoundError
from models.errors import BundleError
from service.cli import app
from service.cli.exits import CommandError, ExitCode, UsageError, guarded
from service.errors import NoBundleError
from service.jobs.index_job import SinkError, SourceError
from service.settings import UnknownSettingError

HEAVY = ("numpy", "onnxruntime", "fastapi", "pydantic", "pyarrow", "PIL", "httpx", "uvicorn", "torch")


def test_help_imports_nothing_heavy() -> None:
    code = f"import sys, service.cli; print([name for name in {HEAVY!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def raising(error: Exception) -> Callable[[], None]:
    @guarded
    def command() -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("x"), ExitCode.USAGE),
        (SourceError("x"), ExitCode.USAGE),
        (UnknownSettingError("x"), ExitCode.USAGE),
        (CommandError("x"), ExitCode.FAILED),
        (SinkError("x"), ExitCode.FAILED),
        (CollectionNotFoundError("x"), ExitCode.FAILED),
        (BundleError("x"), ExitCode.FAILED),
        (NoBundleError("x"), ExitCode.FAILED),
    ],
)
def test_foreseen_errors_are_a_sentence_and_a_code(
    error: Exception, code: ExitCode, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as caught:
        raising(error)()
    assert caught.value.exit_code == code
    assert capsys.readouterr().err == "error: x\n"


def test_what_nobody_foresaw_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError):
        raising(ZeroDivisionError())()


def test_the_version_is_told() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.output) == (0, "lookalike 0.1.0\n")
