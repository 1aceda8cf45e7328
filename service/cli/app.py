"""The commands and how they hang together. Importing this is quick: commands import what they need when they run."""

from importlib.metadata import version
from typing import Annotated

import typer

from service.cli import backup, collections, doctor, evaluation, fsck, hubness, index, models, search, serve, worker
from service.cli.exits import EPILOG

app = typer.Typer(
    name="lookalike",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _show_version(is_wanted: bool) -> None:
    if is_wanted:
        typer.echo(f"lookalike {version('lookalike')}")
        raise typer.Exit


@app.callback()
def before_every_command(
    _: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """Search catalogues of pictures and products by words, picture, picture plus change, or product."""


app.command("serve")(serve.serve)
app.command("worker")(worker.worker)
app.command("index")(index.index)
app.command("search")(search.search)
app.command("hubness")(hubness.hubness)
app.add_typer(collections.app, name="collections")
app.add_typer(models.app, name="models")
app.add_typer(evaluation.app, name="eval")
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("fsck")(fsck.fsck)
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Entry point of the `lookalike` script."""
    app()
