"""`lookalike models export`: a bundle from published weights. Owns the options; the work is done in `models.export`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from service.cli.exits import CommandError, guarded
from service.cli.options import DataOption, settings_with

if TYPE_CHECKING:
    from models.export import Exported, ExportRequest

_EXTRA = "pip install torch==2.13.0 && pip install -c constraints.txt '.[cpu,train]'"


@guarded
def export(
    name: Annotated[str, typer.Argument(help="open_clip or timm name, hf-hub:ORG/REPO, or local-dir:FOLDER.")],
    pretrained: Annotated[str | None, typer.Option(help="Tag of published weights.")] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(help="Weights on this machine (safetensors, or a state_dict).")
    ] = None,
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="You read a licence that forbids commercial use.")
    ] = False,
    licence: Annotated[str | None, typer.Option(help="The licence of your own weights.")] = None,
    precision: Annotated[Literal["fp32", "fp16", "bf16", "int8"], typer.Option(help="Of weights.")] = "fp32",
    pictures: Annotated[Path | None, typer.Option(help="Real pictures to measure on, best with texts.")] = None,
    sample: Annotated[int, typer.Option(min=1, help="How many of them.")] = 600,
    size: Annotated[int | None, typer.Option(min=1, help="Picture size of a timm model that can change it.")] = None,
    bundle: Annotated[str | None, typer.Option("--name", help="Name of the bundle.")] = None,
    space: Annotated[str | None, typer.Option(help="Vector space, if it is that of another bundle.")] = None,
    into: Annotated[Path | None, typer.Option(help="Folder of bundles; left out, that of the settings.")] = None,
    data: DataOption = None,
) -> None:
    """Make a bundle from a model of open_clip or timm. Needs the extra `train`."""
    from models.export import ExportRequest

    folder = into or settings_with(data_dir=data).bundle_folders[0]
    made = _export(
        ExportRequest(
            name,
            folder,
            pretrained,
            checkpoint,
            accept_licence,
            licence,
            precision,
            pictures,
            sample,
            size,
            bundle,
            space,
        )
    )
    for warning in made.warnings:
        typer.echo(f"warning: {warning}", err=True)
    for figure, value in made.manifest.parity.items():
        typer.echo(f"{figure}: {value:.6f}")
    typer.echo(str(made.folder))


def _export(request: "ExportRequest") -> "Exported":
    try:
        from models.export.run import export as make
    except ModuleNotFoundError as exc:
        raise CommandError(f"exporting needs the extra `train` ({exc.name} is not installed): {_EXTRA}") from exc
    return make(request)
