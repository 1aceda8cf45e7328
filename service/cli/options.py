"""Options that several commands share, and the settings they lead to."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

if TYPE_CHECKING:
    from service.settings import Settings

DataOption: TypeAlias = Annotated[
    Path | None,
    typer.Option("--data", help="Where collections and models are kept (default: ./data).", file_okay=False),
]
JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help="Answer as JSON on standard output.")]
UrlOption: TypeAlias = Annotated[
    str | None, typer.Option("--url", help="Ask a running server instead, such as http://127.0.0.1:8000.")
]


def settings_with(**overrides: Any) -> "Settings":
    """The settings of the environment, with the options that were given before them."""
    from service.settings import read_settings

    return read_settings(**{name: value for name, value in overrides.items() if value is not None})


def quiet_logs(settings: "Settings") -> None:
    """Only what a person at a terminal must see: warnings and worse, on standard error."""
    from service.logs import configure_logs

    configure_logs(settings.log_format, "warning")


def print_json(value: object) -> None:
    import orjson

    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode())
