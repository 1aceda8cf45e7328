"""`lookalike index`: a catalogue on this machine into a collection. Shows the job of `service.jobs.index_job`."""

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import typer

from service.cli.exits import UsageError, guarded
from service.cli.options import DataOption, JsonOption, UrlOption, quiet_logs, settings_with

_LONGEST_SPACE = 128


@guarded
def index(
    collection: Annotated[str, typer.Option("--collection", "-c", help="Where to; made if it is not there.")],
    source: Annotated[
        Path | None,
        typer.Argument(
            help="A folder of pictures, or a .csv, .tsv, .jsonl or .parquet file; with --vectors, what belongs to them."
        ),
    ] = None,
    id_: Annotated[str | None, typer.Option("--id", help="Column of the ids.")] = None,
    image: Annotated[
        str | None, typer.Option("--image", help="Column of the pictures: paths beside the file, base64, or bytes.")
    ] = None,
    text: Annotated[list[str] | None, typer.Option("--text", help="Column of the text; several are joined.")] = None,
    attributes: Annotated[
        str | None, typer.Option("--attributes", help="Columns to keep, with commas (default: all others).")
    ] = None,
    vectors: Annotated[
        Path | None,
        typer.Option("--vectors", help="Ready vectors: a .npy, .fvecs or .parquet file. No model is needed."),
    ] = None,
    ids: Annotated[
        str | None,
        typer.Option(
            "--ids", help="Ids of --vectors, in order: a .txt, .npy or table file, or a column of the Parquet file."
        ),
    ] = None,
    vector_column: Annotated[
        str | None, typer.Option("--vector-column", help="Column of the vectors in a Parquet file.")
    ] = None,
    vector_field: Annotated[
        Literal["image", "product"], typer.Option("--field", help="What --vectors are: of pictures, or of products.")
    ] = "image",
    space: Annotated[
        str | None, typer.Option("--space", help="Name of the space of --vectors (default: the collection's name).")
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
    from service.jobs.index_job import ColumnWishes, VectorWishes
    from service.types import CollectionOptions

    _check(source, vectors, model, {"--ids": ids, "--vector-column": vector_column, "--space": space})

    settings = settings_with(data_dir=data)
    quiet_logs(settings)
    order = IndexOrder(
        source=source,
        collection=collection,
        vectors=None if vectors is None else VectorWishes(vectors, ids, vector_column, vector_field),
        space=space,
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


def _check(source: Path | None, vectors: Path | None, model: str | None, of_vectors: dict[str, str | None]) -> None:
    """Raises UsageError."""
    if vectors is None:
        stray = [option for option, value in of_vectors.items() if value is not None]
        if stray:
            raise UsageError(f"{' and '.join(stray)} says something of vectors: add --vectors FILE")
        if source is None:
            raise UsageError("say what to index: a folder, a table, or --vectors FILE")
    elif len(of_vectors["--space"] or "") > _LONGEST_SPACE:
        raise UsageError(f"--space is a name of at most {_LONGEST_SPACE} characters")
    elif model is not None:
        raise UsageError("--model encodes what has no vectors: leave it out, or leave --vectors out")
