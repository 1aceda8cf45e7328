"""`lookalike index`: a catalogue on this machine into a collection. Shows the job of `service.jobs.index_job`."""

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import typer

from service.cli.exits import guarded
from service.cli.options import DataOption, JsonOption, UrlOption, quiet_logs, settings_with


@guarded
def index(
    source: Annotated[Path, typer.Argument(help="A folder of pictures, or a .csv, .tsv, .jsonl or .parquet file.")],
    collection: Annotated[str, typer.Option("--collection", "-c", help="Where to; made if it is not there.")],
    id_: Annotated[str | None, typer.Option("--id", help="Column of the ids.")] = None,
    image: Annotated[
        str | None, typer.Option("--image", help="Column of the pictures: paths beside the file, base64, or bytes.")
    ] = None,
    text: Annotated[list[str] | None, typer.Option("--text", help="Column of the text; several are joined.")] = None,
    attributes: Annotated[
        str | None, typer.Option("--attributes", help="Columns to keep, with commas (default: all others).")
    ] = None,
    model: Annotated[str | None, typer.Option("--model", help="Model of a new collection.")] = None,
    pictures: Annotated[
        Literal["original", "working_copy", "none"], typer.Option(help="What a new collection keeps of its pictures.")
    ] = "original",
    errors: Annotated[
        Path | None, typer.Option("--errors", help="Where to list what failed (default: NAME.errors.jsonl).")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and check the source; index nothing.")] = False,
    url: UrlOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Index a catalogue. Unchanged items are not encoded again, so an interrupted run goes on by running it again."""
    from service.cli.indexing import IndexOrder, run
    from service.jobs.index_job import ColumnWishes
    from service.types import CollectionOptions

    settings = settings_with(data_dir=data)
    quiet_logs(settings)
    order = IndexOrder(
        source=source,
        collection=collection,
        wishes=ColumnWishes(id_, image, tuple(text) if text else None, _columns(attributes)),
        options=CollectionOptions(model=model, pictures=pictures),
        errors=errors or Path(f"{collection}.errors.jsonl"),
        is_dry=dry_run,
        url=url,
        as_json=as_json,
    )
    code = asyncio.run(run(settings, order))
    if code:
        raise typer.Exit(code)


def _columns(names: str | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(name.strip() for name in names.split(",") if name.strip())
