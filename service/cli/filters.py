"""`--filter` conditions of the command line to a filter, by the types that the collection's attributes have. Pure."""

import re
from collections.abc import Mapping, Sequence

from index.types import AttributeType, Condition, Filter, Match, Range, Scalar
from service.cli.exits import UsageError

_CONDITION = re.compile(r"\s*([^<>=!]+?)\s*(>=|<=|!=|=|<|>)(.*)", re.DOTALL)
_BOUNDS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}


def parse_filter(conditions: Sequence[str], types: Mapping[str, AttributeType]) -> Filter | None:
    """`key=value`, `key!=value`, `key>=10`: all must hold. Raises UsageError."""
    must: list[Condition] = []
    must_not: list[Condition] = []
    for text in conditions:
        key, sign, value = _parts(text)
        if sign in _BOUNDS:
            must.append(Range(key, **{_BOUNDS[sign]: _number(key, value)}))
        else:
            (must if sign == "=" else must_not).append(Match(key, (_value(key, value, types.get(key)),)))
    return Filter(tuple(must), (), tuple(must_not)) if conditions else None


def _parts(text: str) -> tuple[str, str, str]:
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise UsageError(f"--filter {text!r} is no condition: write key=value, key!=value or key>=number")
    key, sign, value = found.groups()
    return key, sign, value.strip()


def _value(key: str, text: str, type_: AttributeType | None) -> Scalar:
    if type_ == "number":
        return _number(key, text)
    if type_ == "boolean":
        if text.lower() not in ("true", "false"):
            raise UsageError(f"{key} is true or false, not {text!r}")
        return text.lower() == "true"
    return text


def _number(key: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as exc:
        raise UsageError(f"{key} is compared with {text!r}, which is no number") from exc
