"""`lookalike search`: one query from the shell. Opens the data directory beside a running server, or without one."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.exits import UsageError, guarded
from service.cli.options import DataOption, JsonOption, print_json, quiet_logs, settings_with

if TYPE_CHECKING:
    from index.types import FieldName
    from service.settings import Settings
    from service.types import Query, SearchResult

_MAX_SHOWN_CHARS = 80


@guarded
def search(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The collection.")],
    text: Annotated[str | None, typer.Argument(help="What to look for; with --image, the product's text.")] = None,
    image: Annotated[Path | None, typer.Option(help="A picture to look for.", exists=True, dir_okay=False)] = None,
    change: Annotated[str | None, typer.Option(help='What should be different from --image: "in red".')] = None,
    conditions: Annotated[
        list[str] | None,
        typer.Option("--filter", help="key=value, key!=value, key>=10, text~words, key@lat,lon,metres; all must hold."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many hits at most.")] = 10,
    pictures_only: Annotated[
        bool, typer.Option("--pictures-only", help="Compare words with the pictures alone, not with texts too.")
    ] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Search a collection by words, picture, picture plus change, or product."""
    settings = settings_with(data_dir=data)
    quiet_logs(settings)
    query = to_query(text, image.read_bytes() if image else None, change)
    field = field_for(query, pictures_only)
    result = asyncio.run(_search(settings, name, query, conditions or [], field, limit))
    _print_json(result) if as_json else _print_table(result)


def to_query(text: str | None, image: bytes | None, change: str | None) -> "Query":
    """Raises UsageError where the parts make no query."""
    from service.types import ComposeQuery, ImageQuery, PictureBytes, ProductQuery, TextQuery

    if image is None:
        if change is not None:
            raise UsageError("--change needs the picture that it changes: add --image FILE")
        if text is None:
            raise UsageError("say what to look for: a text, --image FILE, or both")
        return TextQuery(text)
    picture = PictureBytes(image)
    if change is not None:
        return ComposeQuery(picture, change, base_text=text)
    return ImageQuery(picture) if text is None else ProductQuery(picture, text)


def field_for(query: "Query", pictures_only: bool) -> "FieldName | None":
    """What the search page asks for too: words meet pictures and texts, a picture without a text meets pictures."""
    from service.types import TextQuery

    return "product" if isinstance(query, TextQuery) and not pictures_only else None


async def _search(
    settings: "Settings", name: str, query: "Query", conditions: list[str], field: "FieldName | None", limit: int
) -> "SearchResult":
    from service.bootstrap import build
    from service.cli.filters import parse_filter
    from service.types import Deadline, SearchOptions, SearchRequest

    async with build(settings) as application:
        types = (await application.collections.describe(name)).spec.attributes
        options = SearchOptions(limit=limit, field=field, filter=parse_filter(conditions, types))
        deadline = Deadline.after(settings.search_deadline_s)
        return await application.searcher.search(name, SearchRequest(query, options), deadline)


def _print_json(result: "SearchResult") -> None:
    hits = [
        {"id": hit.id, "score": hit.score, "cosine": hit.cosine, "text": hit.text, "attributes": dict(hit.attributes)}
        for hit in result.hits
    ]
    print_json({"hits": hits, "space": result.space, "warnings": [notice.message for notice in result.warnings]})


def _print_table(result: "SearchResult") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("score", "id", "text", box=None, header_style="bold")
    for hit in result.hits:
        table.add_row(f"{hit.score:.3f}", Text(hit.id), Text((hit.text or "")[:_MAX_SHOWN_CHARS]))
    Console().print(table if result.hits else "no hits")
    for notice in result.warnings:
        Console(stderr=True).print(Text(f"note: {notice.message}"))
