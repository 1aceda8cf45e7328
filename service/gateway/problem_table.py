"""The table of problems in docs/api.md: `python -m service.gateway.problem_table` prints it, a test compares it."""

import inspect

from service.errors import INTERNAL, TABLE


def as_markdown() -> str:
    """One row for each code, by status and code."""
    meanings = {entry.code: (entry.status, inspect.getdoc(error) or "") for error, entry in TABLE.items()}
    meanings[INTERNAL.code] = (INTERNAL.status, f"{INTERNAL.title}. The log has it, under the request's id.")
    rows = sorted((status, code, meaning) for code, (status, meaning) in meanings.items())
    lines = [f"| {status} | `{code}` | {' '.join(meaning.split())} |" for status, code, meaning in rows]
    return "\n".join(["| Status | `code` | Meaning |", "|---|---|---|", *lines]) + "\n"


if __name__ == "__main__":
    print(as_markdown(), end="")
