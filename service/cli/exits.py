"""Exit codes, and the rim: errors that people can mend become a sentence on standard error and a code."""

import asyncio
import functools
from collections.abc import Callable
from enum import IntEnum
from typing import ParamSpec, TypeVar

import typer

P = ParamSpec("P")
T = TypeVar("T")


class ExitCode(IntEnum):
    """What the shell gets."""

    DONE = 0
    SOME_FAILED = 1
    USAGE = 2
    FAILED = 3
    INTERRUPTED = 130


EPILOG = (
    "Exit codes: 0 done; 1 some items failed, or a check is red; 2 wrong use; 3 could not be done; "
    "130 interrupted. Settings: LOOKALIKE_… variables, see docs/settings.md."
)


class UsageError(Exception):
    """The options do not fit together, or one has no valid value."""


class CommandError(Exception):
    """The command cannot be carried out; the message is a sentence that says what to do."""


def guarded(command: Callable[P, T]) -> Callable[P, T]:
    """The command with its foreseen errors shown as one sentence; what nobody foresaw keeps its traceback."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except (KeyboardInterrupt, asyncio.CancelledError) as exc:
            raise typer.Exit(ExitCode.INTERRUPTED) from exc
        except Exception as exc:
            code = code_of(exc)
            if code is None:
                raise
            say_error(str(exc))
            raise typer.Exit(code) from exc

    return run


def code_of(error: Exception) -> ExitCode | None:
    """The exit code of a foreseen error, None for the others."""
    from index.errors import StoreError
    from models.errors import ModelError
    from service.errors import ServiceError
    from service.jobs.index_job import SinkError, SourceError
    from service.settings import UnknownSettingError

    if isinstance(error, UsageError | SourceError | UnknownSettingError):
        return ExitCode.USAGE
    if isinstance(error, CommandError | SinkError | ServiceError | StoreError | ModelError):
        return ExitCode.FAILED
    return None


def say_error(message: str) -> None:
    from rich.console import Console
    from rich.text import Text

    Console(stderr=True).print(Text.assemble(("error: ", "bold red"), message), soft_wrap=True)
