"""docs/api.md: its table is the table, and its commands are requests that the gateway takes."""

import re
import shlex
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.gateway.problem_table import as_markdown

PAGE = Path(__file__).parents[4] / "docs" / "api.md"
TEXT = PAGE.read_text(encoding="utf-8")
COMMANDS = [block for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL) if block.startswith("curl")]


def as_request(command: str) -> tuple[str, str, dict[str, Any]]:
    """A curl command as method, path, and arguments of httpx."""
    words = iter(shlex.split(command)[1:])
    method, url, arguments, parts = "", "", {}, {}
    for word in words:
        if word == "-X":
            method = next(words)
        elif word == "-H":
            name, _, value = next(words).partition(": ")
            arguments["headers"] = {name: value}
        elif word == "-d":
            arguments["content"] = next(words).encode()
        elif word == "-F":
            name, _, value = next(words).partition("=")
            parts[name] = (None, value) if not value.startswith("@") else ("file", b"picture")
        elif word == "-o":
            next(words)
        else:
            url = word.removeprefix("$U")
    if parts:
        arguments["files"] = parts
    return method or ("POST" if "content" in arguments or parts else "GET"), url, arguments


def test_the_table_of_problems_is_complete() -> None:
    assert as_markdown() in TEXT, "run: python -m service.gateway.problem_table, and put it into docs/api.md"


def test_there_are_commands() -> None:
    assert len(COMMANDS) > 20


@pytest.mark.parametrize("command", COMMANDS)
async def test_each_command_is_a_request_that_is_taken(client: httpx.AsyncClient, command: str) -> None:
    method, url, arguments = as_request(command)
    response = await client.request(method, url, **arguments)
    shown = TEXT[TEXT.index(command) + len(command) :].removeprefix("```\n\n```json\n").partition("```")[0]
    expected = re.search(r'"status": (\d{3})', shown) if '"instance"' in shown else None
    assert response.status_code == (int(expected.group(1)) if expected else 200)


async def test_every_route_is_on_the_page(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    for path in paths:
        last = [part for part in path.split("/") if part and not part.startswith("{")][-1]
        assert last in TEXT, path
