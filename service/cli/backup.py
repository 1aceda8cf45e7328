"""`lookalike backup` and `lookalike restore`: collections to a folder and back. They need no model."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.exits import CommandError, ExitCode, UsageError, guarded, say_error
from service.cli.options import DataOption, JsonOption, print_json, quiet_logs, settings_with

if TYPE_CHECKING:
    from index.backup.backup import BackupReport

_MEGABYTE = 1_000_000


@guarded
def backup(
    name: Annotated[str, typer.Argument(help="The collection; a server may go on writing to it.")],
    to: Annotated[Path, typer.Option("--to", help="A folder for backups, best on another disk.", file_okay=False)],
    keep: Annotated[int | None, typer.Option(min=1, help="Keep so many points, the newest (default: all).")] = None,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Read what the folder holds already, and store again what is damaged there."),
    ] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a backup point of a collection. What is in the folder already is not stored again."""
    from index.backup import BackupOrder, back_up

    settings = settings_with(data_dir=data)
    quiet_logs(settings)
    if to.resolve().is_relative_to(settings.collections_dir.resolve()):
        raise UsageError(f"{to} lies among the collections: give a folder elsewhere")
    report = back_up(settings.collections_dir, BackupOrder(name, to, keep, verify), _progress(as_json))
    if as_json:
        print_json(_figures(report))
    else:
        typer.echo(
            f"point {report.point.number} of {name}: {report.point.items:,} items, "
            f"{report.stored_bytes / _MEGABYTE:,.1f} MB stored anew; {report.points} points in {to}"
        )
    if report.point.missing:
        say_error(
            f"{len(report.point.missing)} pictures are missing or damaged in the collection, and so in this point;"
            f" `lookalike fsck {name}` names their items"
        )
        raise typer.Exit(ExitCode.SOME_FAILED)


@guarded
def restore(
    source: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that backups were made to.")],
    name: Annotated[str, typer.Argument(help="The collection that was backed up.")],
    target: Annotated[str | None, typer.Option("--as", help="Another name for what comes back.")] = None,
    point: Annotated[int | None, typer.Option(help="The number of a backup point (default: the newest).")] = None,
    skip_damaged: Annotated[
        bool, typer.Option("--skip-damaged", help="Leave out pictures that are damaged in the backup.")
    ] = False,
    is_list: Annotated[bool, typer.Option("--list", help="Show the points there are; restore nothing.")] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring a collection back. Nothing is overwritten, and nothing is visible before every checksum was compared."""
    from index.backup import RestoreOrder
    from index.backup import restore as restored

    settings = settings_with(data_dir=data)
    quiet_logs(settings)
    if is_list:
        _list(source, name, as_json)
        return
    order = RestoreOrder(source, name, target, point, skip_damaged)
    report = restored(settings.collections_dir, order, _progress(as_json))
    lost = {"lost_pictures": report.lost_pictures, "lost_thumbnails": report.lost_thumbnails}
    if as_json:
        print_json({"name": report.name, "point": report.point.number, "items": report.point.items, **lost})
    else:
        typer.echo(f"restored {report.name}: {report.point.items:,} items as of {report.point.created}")
    if any(lost.values()):
        say_error(
            f"damaged in the backup, left out: {report.lost_pictures} pictures, {report.lost_thumbnails} thumbnails;"
            f" `lookalike fsck {report.name} --repair` makes thumbnails again, and names items without their picture"
        )
        raise typer.Exit(ExitCode.SOME_FAILED)


def _list(source: Path, name: str, as_json: bool) -> None:
    from index.backup.point import Repository
    from index.collection_files import check_name
    from index.errors import CorruptError

    check_name(name)
    repository = Repository(source / name)
    rows: list[dict[str, object]] = []
    for number in repository.numbers():
        try:
            point = repository.read(number)
            rows.append({"point": number, "created": point.created, "items": point.items})
        except CorruptError as error:
            rows.append({"point": number, "error": str(error)})
    if as_json:
        print_json(rows)
        return
    for row in rows:
        typer.echo(f"{row['point']:>6}  " + str(row.get("error") or f"{row['created']}  {row['items']:,} items"))
    if not rows:
        raise CommandError(f"there are no backups of {name!r} in {source}")


def _figures(report: "BackupReport") -> dict[str, object]:
    point = report.point
    return {
        "name": point.name,
        "point": point.number,
        "created": point.created,
        "items": point.items,
        "sequence": point.source.sequence,
        "stored_bytes": report.stored_bytes,
        "removed_bytes": report.removed_bytes,
        "points": report.points,
        "missing_pictures": list(point.missing),
    }


def _progress(as_json: bool) -> Callable[[str], None]:
    """What is being done, on standard error, where somebody watches."""
    import sys

    if as_json or not sys.stderr.isatty():
        return lambda doing: None
    return lambda doing: typer.echo(f"… {doing}", err=True)
