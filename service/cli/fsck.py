"""`lookalike fsck`: checks the files of collections, and builds what is derived again. Needs no model."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.exits import ExitCode, guarded
from service.cli.options import DataOption, JsonOption, print_json, quiet_logs, settings_with

if TYPE_CHECKING:
    from index.checking import CheckReport
    from service.settings import Settings


@guarded
def fsck(
    name: Annotated[str | None, typer.Argument(help="The collection (default: all).")] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Build damaged segments, thumbnails and text indexes again.")
    ] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check the catalogue, the pictures and everything derived. Never changes an item, a vector or a picture."""
    from index.checking import CheckOrder, check
    from index.collection_files import folders_in
    from service.bootstrap import sealing_of

    settings = settings_with(data_dir=data)
    quiet_logs(settings)
    names = folders_in(settings.collections_dir) if name is None else [name]
    orders = [CheckOrder(one, repair, _thumbnails(settings), sealing_of(settings)) for one in names]
    reports = [check(settings.collections_dir, order) for order in orders]
    if as_json:
        print_json([_figures(report) for report in reports])
    else:
        for report in reports:
            _print(report, repair)
        if not reports:
            typer.echo("no collections yet")
    if not all(report.is_clean for report in reports):
        raise typer.Exit(ExitCode.SOME_FAILED)


def _print(report: "CheckReport", repair: bool) -> None:
    for finding in report.repaired:
        typer.echo(f"{report.name}: repaired: {finding.message}")
    for finding in report.findings:
        typer.echo(f"{report.name}: {finding.message}")
    for note in report.notes:
        typer.echo(f"{report.name}: not checked: {note}")
    if report.is_clean:
        typer.echo(f"{report.name}: all is well")
    elif not repair and any(finding.part != "truth" for finding in report.findings):
        typer.echo(f"{report.name}: what is derived can be built again: `lookalike fsck {report.name} --repair`")


def _figures(report: "CheckReport") -> dict[str, object]:
    return {
        "name": report.name,
        "clean": report.is_clean,
        "findings": [{"part": one.part, "message": one.message} for one in report.findings],
        "repaired": [{"part": one.part, "message": one.message} for one in report.repaired],
        "not_checked": list(report.notes),
    }


def _thumbnails(settings: "Settings") -> Callable[[bytes], bytes | None]:
    """Makes a thumbnail of a picture; None where it cannot be decoded."""

    def make(picture: bytes) -> bytes | None:
        from models.errors import PictureError
        from service.bootstrap import picture_limits_of
        from service.decode.pictures import WorkHere

        try:
            return WorkHere(picture_limits_of(settings)).thumbnail(picture, 0)
        except PictureError:
            return None

    return make
