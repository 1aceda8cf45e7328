"""`lookalike models`: which bundles there are, whether they are what they were, new ones, the starter."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli import fidelity, model_export
from service.cli.exits import CommandError, ExitCode, guarded
from service.cli.options import DataOption, JsonOption, print_json, settings_with

if TYPE_CHECKING:
    from models.bundle import Bundle

app = typer.Typer(help="List, verify and make model bundles; put the starter model together.", no_args_is_help=True)
app.command("export")(model_export.export)
app.command("fidelity")(fidelity.fidelity)


@app.command("list")
@guarded
def list_(data: DataOption = None, as_json: JsonOption = False) -> None:
    """All bundles in the folders of the settings."""
    found = _bundles(data)
    rows = [
        {
            "name": bundle.manifest.name,
            "version": bundle.manifest.version,
            "dimension": bundle.manifest.dimension,
            "space": bundle.manifest.space_id,
            "licence": bundle.manifest.licence,
            "folder": str(bundle.folder),
        }
        for bundle in found
    ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        typer.echo("  ".join(str(value) for value in row.values()))


@app.command()
@guarded
def verify(
    name: Annotated[str | None, typer.Argument(help="One bundle, or its folder; left out, all.")] = None,
    data: DataOption = None,
) -> None:
    """Check files, checksums, and the vectors that the bundle's maker noted."""
    from models.errors import BundleError
    from models.export.verify import verify as verify_bundle

    damaged = False
    for folder in _folders(name, data):
        try:
            typer.echo(verify_bundle(folder).as_sentence())
        except BundleError as exc:
            damaged = True
            typer.echo(f"{folder.name}: {exc}", err=True)
    if damaged:
        raise typer.Exit(ExitCode.SOME_FAILED)


@app.command()
@guarded
def starter(data: DataOption = None) -> None:
    """Put the starter model together from what is installed; does nothing where it is already there."""
    from models.starter import assemble

    folder = assemble(settings_with(data_dir=data).bundle_folders[0] / "starter")
    typer.echo(f"starter model: {folder}")


def _folders(name: str | None, data: DataOption) -> Sequence[Path]:
    """Of the bundles to look at: all, the one of that name, or the one in that folder."""
    from models.manifest import FILE_NAME

    if name is not None and (Path(name) / FILE_NAME).is_file():
        return [Path(name)]
    chosen = [bundle.folder for bundle in _bundles(data) if name in (None, bundle.manifest.name)]
    if not chosen:
        raise CommandError(f"there is no model {name!r}: `lookalike models list` shows those there are")
    return chosen


def _bundles(data: DataOption) -> Sequence["Bundle"]:
    from models.bundle import find_bundles

    folders = settings_with(data_dir=data).bundle_folders
    found = [bundle for folder in folders for bundle in find_bundles(folder)]
    if not found:
        places = " and ".join(str(folder) for folder in folders)
        raise CommandError(
            f"there is no model bundle in {places}: `lookalike models starter` puts the starter model there"
        )
    return found
