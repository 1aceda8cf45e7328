"""`lookalike hubness`: turns the hubness correction of a collection on or off. A running server notices at once."""

import asyncio
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.exits import guarded
from service.cli.options import DataOption, quiet_logs, settings_with

if TYPE_CHECKING:
    from index.types import HubnessInfo
    from service.settings import Settings

_FEW = 100


@guarded
def hubness(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The collection.")],
    k: Annotated[int, typer.Option(min=1, help="How many of the nearest queries make the bias of an item.")] = 8,
    alpha: Annotated[float, typer.Option(min=0.0, max=10.0, help="How much of the bias counts.")] = 0.5,
    bank: Annotated[
        Path | None,
        typer.Option(
            help="Typical queries: a .txt file, one a line, or a .npy file of vectors (default: items' texts)."
        ),
    ] = None,
    queries: Annotated[int, typer.Option(min=1, max=16_384, help="How many items' texts to take.")] = 2048,
    is_off: Annotated[bool, typer.Option("--off", help="Turn it off.")] = False,
    data: DataOption = None,
) -> None:
    """Set back items that are near to every text, in searches by text among pictures. Off until it is turned on.

    Whether it helps depends on model and catalogue: measure it, for instance with `"params": {"hubness": false}`.
    """
    settings = settings_with(data_dir=data)
    quiet_logs(settings)
    if is_off:
        typer.echo(f"{name}: {'turned off' if _turn_off(settings, name) else 'was off'}")
        return
    info = asyncio.run(_turn_on(settings, name, bank, queries, k, alpha))
    if info.queries < _FEW:
        typer.echo(f"note: {info.queries} queries are few: the biases are mostly chance", err=True)
    typer.echo(f"{name}: on, from {info.queries:,} queries (k = {info.k}, alpha = {info.alpha:g})")


def _turn_off(settings: "Settings", name: str) -> bool:
    from service.bootstrap import open_store

    with closing(open_store(settings)) as store:
        return store.open(name).forget_hubness("image")


async def _turn_on(
    settings: "Settings", name: str, bank: Path | None, queries: int, k: int, alpha: float
) -> "HubnessInfo":
    from service.bootstrap import build
    from service.jobs.hubness_bank import bank_of

    async with build(settings) as application:
        vectors = await bank_of(application, name, bank, queries)
        collection = application.store.open(name)
        return await asyncio.to_thread(collection.correct_hubness, "image", vectors, k, alpha)
