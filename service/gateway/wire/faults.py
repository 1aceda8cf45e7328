"""What pydantic says is wrong with a body, as our own error with a path and a sentence for each fault."""

from collections.abc import Sequence

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from service.errors import Fault, RequestInvalidError
from service.gateway.wire.body import is_tag

MAX_FAULTS = 20
KEY_ITSELF = "[key]"
"""What pydantic adds to the path where a key of an object is at fault, and not its value."""
SHOWN = 80
"""Characters of such a key."""
_SENTENCES = {
    "extra_forbidden": "no such field: remove it, or look for the right name in /docs",
    "model_type": "must be a JSON object",
    "model_attributes_type": "must be a JSON object",
}


def invalid(error: ValidationError) -> RequestInvalidError:
    """The error of a body that does not fit its model."""
    return invalid_request(error.errors(include_url=False, include_context=False, include_input=False))


def invalid_request(details: Sequence[ErrorDetails]) -> RequestInvalidError:
    """The same, from the details alone."""
    faults = tuple(_fault(detail) for detail in details[:MAX_FAULTS])
    first = faults[0]
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    where = f"{first.path}: " if first.path else ""
    return RequestInvalidError(f"{where}{first.message}{more}", faults)


def _fault(detail: ErrorDetails) -> Fault:
    *around, last = detail["loc"] or ("",)
    if last == KEY_ITSELF and around:
        return Fault(_path(around[:-1]), f"the key {str(around[-1])[:SHOWN]!r}: {_sentence(detail)}")
    return Fault(_path(detail["loc"]), _sentence(detail))


def _path(parts: Sequence[str | int]) -> str:
    """`query.terms[1].weight`, without the tags of the unions on the way."""
    path = ""
    for part in parts:
        if is_tag(part):
            continue
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path


def _sentence(detail: ErrorDetails) -> str:
    return _SENTENCES.get(detail["type"], detail["msg"][:1].lower() + detail["msg"][1:])
