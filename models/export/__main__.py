"""`python -m models.export`: the exporter and the check on the command line."""

from pathlib import Path
from typing import Annotated, NoReturn, cast, get_args

import typer
from rich.console import Console

from models.errors import ModelError
from models.export.request import ExportRequest, Precision
from models.export.run import export
from models.export.verify import verify

app = typer.Typer(add_completion=False, no_args_is_help=True)
_out, _err = Console(), Console(stderr=True)


@app.command("export")
def export_command(
    name: Annotated[str, typer.Argument(help="open_clip or timm name, hf-hub:ORG/REPO, or local-dir:FOLDER")],
    pretrained: Annotated[str | None, typer.Option(help="Tag of published weights.")] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(help="Weights on this machine (safetensors, or a state_dict).")
    ] = None,
    accept_licence: Annotated[bool, typer.Option(help="You read a licence that forbids commercial use.")] = False,
    licence: Annotated[str | None, typer.Option(help="The licence of your own weights.")] = None,
    precision: Annotated[str, typer.Option(help="fp32, fp16, bf16 or int8.")] = "fp32",
    into: Annotated[Path, typer.Option(help="Folder of bundles.")] = Path("data/bundles"),
    pictures: Annotated[Path | None, typer.Option(help="Real pictures to measure on.")] = None,
    sample: Annotated[int, typer.Option(min=1, help="How many of them.")] = 600,
    size: Annotated[int | None, typer.Option(min=1, help="Picture size of a timm model that can change it.")] = None,
    bundle: Annotated[str | None, typer.Option("--name", help="Name of the bundle.")] = None,
    space: Annotated[str | None, typer.Option(help="Vector space, if it is that of another bundle.")] = None,
) -> None:
    """Make a bundle from a model of open_clip or timm."""
    if precision not in get_args(Precision):
        raise typer.BadParameter(f"--precision is one of {', '.join(get_args(Precision))}")
    kind = cast(Precision, precision)
    request = ExportRequest(
        name, into, pretrained, checkpoint, accept_licence, licence, kind, pictures, sample, size, bundle, space
    )
    try:
        exported = export(request)
    except ModelError as exc:
        _fail(exc)
    for warning in exported.warnings:
        _err.print(f"warning: {warning}", style="yellow", markup=False)
    for figure, value in exported.manifest.parity.items():
        _out.print(f"{figure}: {value:.6f}", highlight=False)
    _out.print(str(exported.folder), soft_wrap=True, highlight=False)


@app.command("verify")
def verify_command(folder: Annotated[Path, typer.Argument(help="A bundle.")]) -> None:
    """Check the files, checksums and vectors of a bundle again."""
    try:
        result = verify(folder)
    except ModelError as exc:
        _fail(exc)
    shown = {"image": result.image_cosine, "text": result.text_cosine}
    cosines = ", ".join(f"{tower} {value:.6f}" for tower, value in shown.items() if value is not None)
    parity = cosines or "no probe in this bundle, vectors not checked"
    _out.print(f"{result.name}: {result.files} files match; {parity}", highlight=False)


def _fail(error: ModelError) -> NoReturn:
    _err.print(str(error), style="red", markup=False)
    raise typer.Exit(1)


if __name__ == "__main__":
    app()
