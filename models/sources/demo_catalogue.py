"""`python -m models.sources.demo_catalogue`: makes the committed demo catalogue from the raw data sets.

Owns `demo/`: `catalogue.jsonl`, `pictures/` and `ATTRIBUTION.md`. The same inputs give the same files.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from PIL import Image

from models.sources.clipart import read_clipart
from models.sources.demo_attribution import attribution
from models.sources.demo_record import DemoRecord, demo_record
from models.sources.demo_selection import SUPPLIERS, choose_clipart, choose_emoji
from models.sources.emoji import read_emoji
from models.sources.errors import SourceError
from models.sources.item import SourceItem

SIDE = 144
"""Longer side of a demo picture, in pixels."""
_QUALITY = 52
_ALPHA_QUALITY = 50


def make_demo(data: Path, into: Path) -> int:
    """Writes the catalogue into `into`, whose old pictures go away. Returns the number of products."""
    products = tuple(_products(data))
    shutil.rmtree(into / "pictures", ignore_errors=True)
    for item, record in products:
        _save(item.picture, into / record.image)
    records = [record for _, record in products]
    _write_lines(records, into / "catalogue.jsonl")
    (into / "ATTRIBUTION.md").write_text(attribution(records, SIDE), encoding="utf-8")
    return len(records)


def _products(data: Path) -> Iterator[tuple[SourceItem, DemoRecord]]:
    emoji = choose_emoji({vendor: read_emoji(data, vendor) for vendor in SUPPLIERS})
    for item in emoji:
        yield item, demo_record(item, SUPPLIERS[item.source])
    for item in choose_clipart(read_clipart(data)):
        yield item, demo_record(item, item.source)


def _save(picture: Path, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(picture) as opened:
        rgba = opened.convert("RGBA")
    rgba.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    rgba.save(path, format="WEBP", quality=_QUALITY, alpha_quality=_ALPHA_QUALITY, method=6)


def _write_lines(records: Sequence[DemoRecord], path: Path) -> None:
    lines = (json.dumps(asdict(record), ensure_ascii=False) for record in records)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(
    data: Annotated[Path, typer.Option(help="Folder that `make data` filled.")] = Path("data"),
    into: Annotated[Path, typer.Option(help="Folder of the catalogue.")] = Path("demo"),
) -> None:
    """Make the demo catalogue."""
    try:
        count = make_demo(data, into)
    except SourceError as exc:
        typer.echo(str(exc), err=True)
        raise typer.Exit(1) from exc
    typer.echo(f"{count} products in {into}")


if __name__ == "__main__":
    typer.run(main)
