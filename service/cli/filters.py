"""`--filter` conditions of the command line to a filter, by the types that the collection's attributes have. Pure."""

import re
from collections.abc import Mapping, Sequence

from index.types import AttributeType, Condition, Filter, GeoPoint, GeoRadius, Match, MatchText, Range, Scalar
from service.cli.exits import UsageError

_CONDITION = re.compile(r"\s*([^<>=!]+?)\s*(>=|<=|!=|=|<|>|~|@)(.*)", re.DOTALL)
_BOUNDS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}


def parse_filter(conditions: Sequence[str], types: Mapping[str, AttributeType]) -> Filter | None:
    """`key=value`, `key!=value`, `key>=10`, `text~words`, `key@lat,lon,metres`: all must hold. Raises UsageError."""
    must: list[Condition] = []
    must_not: list[Condition] = []
    for text in conditions:
        key, sign, value = _parts(text)
        if sign in _BOUNDS:
            must.append(Range(key, **{_BOUNDS[sign]: _number(key, value)}))
        elif sign == "~":
            must.append(_words(key, value))
        elif sign == "@":
            must.append(_circle(key, value))
        else:
            (must if sign == "=" else must_not).append(Match(key, (_value(key, value, types.get(key)),)))
    return Filter(tuple(must), (), tuple(must_not)) if conditions else None


def _parts(text: str) -> tuple[str, str, str]:
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise UsageError(
            f"--filter {text!r} is no condition: write key=value, key!=value, key>=number, text~words "
            "or key@lat,lon,metres"
        )
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


def _words(key: str, text: str) -> MatchText:
    if key != "text":
        raise UsageError(f"words are looked for in the items' texts: write text~{text}, not {key}~{text}")
    return MatchText(text)


def _circle(key: str, text: str) -> GeoRadius:
    parts = text.split(",")
    if len(parts) != 3:
        raise UsageError(f"{key}@{text} is no circle: write {key}@lat,lon,metres, such as {key}@52.52,13.405,5000")
    lat, lon, radius_m = (_number(key, part) for part in parts)
    return GeoRadius(key, GeoPoint(lat, lon), radius_m)


def _number(key: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as exc:
        raise UsageError(f"{key} is compared with {text!r}, which is no number") from exc
