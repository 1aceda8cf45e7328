"""`lookalike collections`: list, describe, drop. Needs no model."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.exits import ExitCode, guarded, say_error
from service.cli.options import DataOption, JsonOption, print_json, settings_with

if TYPE_CHECKING:
    from index.ports import CollectionStore
    from index.types import CollectionInfo

app = typer.Typer(help="List, describe and drop collections.", no_args_is_help=True)

_MEGABYTE = 1_000_000


@app.command("list")
@guarded
def list_(data: DataOption = None, as_json: JsonOption = False) -> None:
    """All collections with their sizes."""
    from index.errors import StoreError

    found, failed = [], False
    with _store(data) as store:
        for name in store.names():
            try:
                found.append(_figures(store.open(name).info()))
            except StoreError as error:
                say_error(str(error))
                failed = True
    if as_json:
        print_json(found)
    elif found:
        _print_table(found)
    elif not failed:
        typer.echo("no collections yet: `lookalike index SOURCE --collection NAME` makes one")
    if failed:
        raise typer.Exit(ExitCode.SOME_FAILED)


@app.command()
@guarded
def describe(
    name: Annotated[str, typer.Argument(help="The collection.")], data: DataOption = None, as_json: JsonOption = False
) -> None:
    """One collection: sizes, model, attributes and their types."""
    with _store(data) as store:
        info = store.open(name).info()
    values = {**_figures(info), "space": info.spec.space_id, "pictures": info.spec.pictures}
    if as_json:
        print_json({**values, "attributes": dict(info.spec.attributes)})
        return
    for key, value in values.items():
        typer.echo(f"{key:>12}  {value}")
    typer.echo(f"{'attributes':>12}  {', '.join(f'{key} ({type_})' for key, type_ in info.spec.attributes.items())}")


@app.command()
@guarded
def drop(
    name: Annotated[str, typer.Argument(help="The collection.")],
    data: DataOption = None,
    is_sure: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove a collection with its items, vectors and pictures. There is no way back."""
    with _store(data) as store:
        items = store.open(name).info().items
        if not is_sure and not typer.confirm(f"Drop {name!r} with its {items:,} items?"):
            raise typer.Exit(ExitCode.DONE)
        store.drop(name)
    typer.echo(f"dropped {name} ({items:,} items)")


@contextmanager
def _store(data: DataOption) -> Iterator["CollectionStore"]:
    from service.bootstrap import open_store

    store = open_store(settings_with(data_dir=data))
    try:
        yield store
    finally:
        store.close()


def _figures(info: "CollectionInfo") -> Mapping[str, str | int | None]:
    return {
        "name": info.spec.name,
        "items": info.items,
        "model": info.spec.model,
        "dimension": info.spec.dimension,
        "sequence": info.sequence,
        "disk_bytes": info.disk_bytes,
        "memory_bytes": info.memory_bytes,
    }


def _print_table(found: list[Mapping[str, str | int | None]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("name", "items", "model", "disk MB", "memory MB", box=None)
    for row in found:
        sizes = (f"{int(row[key] or 0) / _MEGABYTE:,.1f}" for key in ("disk_bytes", "memory_bytes"))
        table.add_row(str(row["name"]), f"{row['items']:,}", str(row["model"] or "none"), *sizes)
    Console().print(table)
