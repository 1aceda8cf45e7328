"""Filters evaluated over plain dictionaries, as the words say: the oracle for the bitmaps, and the fake's filter."""

import math

from index.errors import FilterError
from index.types import (
    Attributes,
    AttributeType,
    AttributeValue,
    Condition,
    Filter,
    GeoPoint,
    GeoRadius,
    HasId,
    Match,
    MatchText,
    Range,
)
from tests.fakes import naive_texts

EARTH_RADIUS_M = 6_371_008.8

COMPARABLE: dict[AttributeType, tuple[type, ...]] = {
    "keyword": (str,),
    "keywords": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "geo": (),
}


def passes(filter_: Filter, id_: str, attributes: Attributes, text: str | None = None) -> bool:
    """All of must, any of should (where there are any), none of must_not."""
    return (
        all(_holds(condition, id_, attributes, text) for condition in filter_.must)
        and (not filter_.should or any(_holds(condition, id_, attributes, text) for condition in filter_.should))
        and not any(_holds(condition, id_, attributes, text) for condition in filter_.must_not)
    )


def check(filter_: Filter, schema: dict[str, AttributeType]) -> None:
    """Raises FilterError: an unknown attribute, or unlike types."""
    for condition in (*filter_.must, *filter_.should, *filter_.must_not):
        if isinstance(condition, Filter):
            check(condition, schema)
        elif isinstance(condition, MatchText):
            if not any(map(str.isalnum, condition.text)):
                raise FilterError("match_text holds no word")
        elif not isinstance(condition, HasId):
            _check_condition(condition, schema)


def _check_condition(condition: Match | Range | GeoRadius, schema: dict[str, AttributeType]) -> None:
    if condition.key not in schema:
        raise FilterError(f"no attribute '{condition.key}'; the collection has: {', '.join(sorted(schema))}")
    type_ = schema[condition.key]
    if isinstance(condition, Range):
        if type_ != "number":
            raise FilterError(f"attribute '{condition.key}' is a {type_}; a range needs a number")
        return
    if isinstance(condition, GeoRadius):
        if type_ != "geo" or not 0 <= condition.radius_m < math.inf:
            raise FilterError(f"attribute '{condition.key}' is a {type_}; a radius needs a place")
        return
    for value in condition.values:
        if not isinstance(value, COMPARABLE[type_]) or isinstance(value, bool) != (type_ == "boolean"):
            raise FilterError(f"attribute '{condition.key}' is a {type_}, compared with {value!r}")


def distance_m(one: GeoPoint, other: GeoPoint) -> float:
    """By the haversine formula, along a sphere."""
    low, high = math.radians(one.lat), math.radians(other.lat)
    across = math.radians(other.lon - one.lon)
    half = math.sin((high - low) / 2) ** 2 + math.cos(low) * math.cos(high) * math.sin(across / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(half)))


def _holds(condition: Condition, id_: str, attributes: Attributes, text: str | None) -> bool:
    match condition:
        case Filter():
            return passes(condition, id_, attributes, text)
        case MatchText():
            return naive_texts.holds(text, condition.text)
        case GeoRadius():
            place = attributes.get(condition.key)
            return isinstance(place, GeoPoint) and distance_m(place, condition.centre) <= condition.radius_m
        case HasId():
            return id_ in condition.ids
        case Match():
            return _matches(condition, attributes.get(condition.key))
        case Range():
            return _is_between(condition, attributes.get(condition.key))


def _matches(condition: Match, value: AttributeValue) -> bool:
    held = value if isinstance(value, tuple) else (value,)
    return any(one in condition.values for one in held if one is not None)


def _is_between(condition: Range, value: AttributeValue) -> bool:
    if not isinstance(value, int | float):
        return False
    return (
        (condition.gt is None or value > condition.gt)
        and (condition.gte is None or value >= condition.gte)
        and (condition.lt is None or value < condition.lt)
        and (condition.lte is None or value <= condition.lte)
    )
