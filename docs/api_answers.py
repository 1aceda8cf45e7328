"""Renews the answers in docs/api.md: runs each command there against a running service and writes what comes back.

    make demo                                        in one terminal
    python docs/api_answers.py http://127.0.0.1:8000   in another, from the root of the repository

The collection `shoes` must not exist; the commands make it and drop it. Long strings are cut with an ellipsis.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PAGE = Path(__file__).parent / "api.md"
COMMAND = re.compile(r"```sh\n(curl .*?)```\n(?:\n```json\n.*?```\n)?", re.DOTALL)
WIDTH = 116
LONGEST = 90


def main(url: str) -> None:
    asked = Asked(url)
    PAGE.write_text(COMMAND.sub(asked.with_answer, PAGE.read_text(encoding="utf-8")), encoding="utf-8")


class Asked:
    """Runs the commands in their order; a refinement takes the query id of the answer before it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._query_id = ""

    def with_answer(self, found: re.Match[str]) -> str:
        command = found.group(1)
        shown = f"```sh\n{command}```\n"
        if " -o " in command:
            return shown
        answer = json.loads(self._run(command))
        self._query_id = answer.get("query_id", self._query_id)
        return f"{shown}\n```json\n{laid_out(shortened(answer))}\n```\n"

    def _run(self, command: str) -> str:
        line = command.replace("curl", "curl -sS", 1).replace("$U", self._url).replace("QUERY_ID", self._query_id)
        return subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True, timeout=60).stdout


def shortened(value: object) -> object:
    if isinstance(value, str):
        return value if len(value) <= LONGEST or " " in value else value[:40] + "…"
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, list):
        return [shortened(part) for part in value]
    return {key: shortened(part) for key, part in value.items()} if isinstance(value, dict) else value


def laid_out(value: object, indent: str = "") -> str:
    """JSON with as much on a line as fits."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + len(indent) <= WIDTH or not isinstance(value, dict | list):
        return line
    inner = indent + "  "
    if isinstance(value, dict):
        parts = [f"{json.dumps(key)}: {laid_out(part, inner)}" for key, part in value.items()]
    else:
        parts = [laid_out(part, inner) for part in value]
    first, last = ("{", "}") if isinstance(value, dict) else ("[", "]")
    return f"{first}\n" + ",\n".join(inner + row for row in filled(parts, len(inner))) + f"\n{indent}{last}"


def filled(parts: list[str], indent: int) -> Iterator[str]:
    """Join parts to rows of at most WIDTH; what has several lines stands alone."""
    row = ""
    for part in parts:
        is_alone = "\n" in part or "\n" in row
        if row and (is_alone or indent + len(row) + len(part) + 3 > WIDTH):
            yield row
            row = part
        else:
            row = f"{row}, {part}" if row else part
    yield row


if __name__ == "__main__":
    main(sys.argv[1])
