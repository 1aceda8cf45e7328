"""`lookalike eval`: measures a model. The suites are `models.evaluation`'s; this only chooses and starts one."""

import typer

from service.cli.exits import ExitCode, guarded
from service.cli.options import DataOption, JsonOption, settings_with

app = typer.Typer(help="Measure models on labelled data.", no_args_is_help=True)


@app.callback()
def suites() -> None:
    """Measure models on labelled data."""


@app.command()
@guarded
def starter(data: DataOption = None, as_json: JsonOption = False) -> None:
    """The starter model on unseen sources, unseen concepts, languages, same-style and composed search."""
    from rich.console import Console

    from models.evaluation import run_starter_suite

    settings = settings_with(data_dir=data)
    report = run_starter_suite(settings.bundle_folders[0] / "starter", settings.data_dir)
    if as_json:
        typer.echo(report.to_json())
    else:
        Console().print(report)
    if not report.is_passed:
        raise typer.Exit(ExitCode.SOME_FAILED)
