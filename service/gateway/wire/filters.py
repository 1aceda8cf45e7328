"""Filters as they come in requests, and their way to `index.types`."""

from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from index.types import Condition, Filter, GeoPoint, GeoRadius, HasId, Match, MatchText, Range
from service.gateway.wire.body import AttributeKey, Body, ItemId, Keyword, by_type, check_one_of, kind_among, tag

MAX_DEPTH = 4
MAX_CONDITIONS = 64
"""In one list."""
MAX_ALL_CONDITIONS = 256
"""At any depth; a filter within a filter counts as one of them."""
MAX_TEXT = 1_024
"""Characters of one `match_text`."""
MAX_VALUES = 10_000
"""Ids and values to match, at any depth."""

_Scalar: TypeAlias = (
    Annotated[Keyword, Tag(tag("string"))]
    | Annotated[bool, Tag(tag("boolean"))]
    | Annotated[int, Tag(tag("integer"))]
    | Annotated[float, Tag(tag("number"))]
)
_SCALARS = ("string", "boolean", "integer", "number")
_Value: TypeAlias = Annotated[_Scalar, by_type(*_SCALARS, expected="a string, a number, or true or false")]
_Values: TypeAlias = Annotated[list[_Value], Field(min_length=1, max_length=1000, fail_fast=True)]
_Match: TypeAlias = Annotated[
    _Scalar | Annotated[_Values, Tag(tag("list"))],
    by_type(*_SCALARS, "list", expected="a string, a number, true or false, or a list of such values"),
]


class MatchBody(Body):
    """The attribute equals the value, or one of the values; for keywords, any of the item's."""

    key: AttributeKey
    match: Annotated[_Match, Field(examples=["acme", ["acme", "apex"]])]

    def condition(self) -> Condition:
        return Match(self.key, tuple(self.match) if isinstance(self.match, list) else (self.match,))

    def values(self) -> int:
        return len(self.match) if isinstance(self.match, list) else 1


class Bounds(Body):
    """At least one bound; a side that is left out is open."""

    gt: float | None = None
    gte: float | None = None
    lt: float | None = None
    lte: float | None = None


def _has_bound(bounds: Bounds) -> Bounds:
    if bounds == Bounds():
        raise PydanticCustomError("no_bound", "give at least one of gt, gte, lt, lte")
    return bounds


class RangeBody(Body):
    """The number lies between the bounds."""

    key: AttributeKey
    range: Annotated[Bounds, AfterValidator(_has_bound), Field(examples=[{"gte": 10, "lt": 50}])]

    def condition(self) -> Condition:
        return Range(self.key, self.range.gt, self.range.gte, self.range.lt, self.range.lte)

    def values(self) -> int:
        return 0


class PlaceBody(Body):
    """A place on the earth, in degrees."""

    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]

    def place(self) -> GeoPoint:
        return GeoPoint(self.lat, self.lon)


class Circle(PlaceBody):
    """All places around one, the border included."""

    radius_m: Annotated[float, Field(ge=0, description="Metres along the surface of the earth.")]


class GeoBody(Body):
    """The place lies within the circle."""

    key: AttributeKey
    geo_radius: Annotated[Circle, Field(examples=[{"lat": 52.52, "lon": 13.405, "radius_m": 5000}])]

    def condition(self) -> Condition:
        return GeoRadius(self.key, self.geo_radius.place(), self.geo_radius.radius_m)

    def values(self) -> int:
        return 0


class TextBody(Body):
    """The item's text holds all of the words, in any order. Case and accents do not matter; nothing is syntax."""

    key: Annotated[Literal["$text"], Field(description="The item's text; there is no other one yet.")] = "$text"
    match_text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT, examples=["red canvas"])]

    def condition(self) -> Condition:
        return MatchText(self.match_text)

    def values(self) -> int:
        return 1


class IdsBody(Body):
    """The item's id is one of these."""

    ids: Annotated[list[ItemId], Field(min_length=1, max_length=1000, fail_fast=True)]

    def condition(self) -> Condition:
        return HasId(tuple(self.ids))

    def values(self) -> int:
        return len(self.ids)


_KINDS = ("match", "range", "geo_radius", "match_text", "ids")
_check_kind, _kind_of = check_one_of(*_KINDS), kind_among(*_KINDS)


def _is_nested(value: object) -> bool:
    return isinstance(value, dict) and any(key in value for key in ("must", "should", "must_not"))


def _check_condition(value: object) -> object:
    return value if _is_nested(value) else _check_kind(value)


def _condition_kind(value: object) -> str | None:
    return tag("filter") if _is_nested(value) else _kind_of(value)


ConditionBody: TypeAlias = Annotated[
    Annotated[MatchBody, Tag(tag("match"))]
    | Annotated[RangeBody, Tag(tag("range"))]
    | Annotated[GeoBody, Tag(tag("geo_radius"))]
    | Annotated[TextBody, Tag(tag("match_text"))]
    | Annotated[IdsBody, Tag(tag("ids"))]
    | Annotated["NestedFilterBody", Tag(tag("filter"))],
    Discriminator(_condition_kind),
    BeforeValidator(_check_condition),
]
_Conditions: TypeAlias = Annotated[list[ConditionBody], Field(max_length=MAX_CONDITIONS, fail_fast=True)]


class NestedFilterBody(Body):
    """All of `must`, at least one of `should` (where there are any), none of `must_not`."""

    must: _Conditions = Field(default_factory=list)
    should: _Conditions = Field(default_factory=list)
    must_not: _Conditions = Field(default_factory=list)

    def condition(self) -> Filter:
        return Filter(
            tuple(part.condition() for part in self.must),
            tuple(part.condition() for part in self.should),
            tuple(part.condition() for part in self.must_not),
        )

    def depth(self) -> int:
        return 1 + max((part.depth() for part in self._nested()), default=0)

    def conditions(self) -> int:
        return len(self._parts()) + sum(part.conditions() for part in self._nested())

    def values(self) -> int:
        return sum(part.values() for part in self._parts())

    def _parts(self) -> "list[MatchBody | RangeBody | GeoBody | TextBody | IdsBody | NestedFilterBody]":
        return [*self.must, *self.should, *self.must_not]

    def _nested(self) -> "list[NestedFilterBody]":
        return [part for part in self._parts() if isinstance(part, NestedFilterBody)]


def _within_bounds(body: NestedFilterBody) -> NestedFilterBody:
    """The bounds of the filter as a whole; pydantic has judged its lists one by one."""
    if body.depth() > MAX_DEPTH:
        message = "a filter may hold filters, but at most {depth} deep"
        raise PydanticCustomError("too_deep", message, {"depth": MAX_DEPTH})
    if (conditions := body.conditions()) > MAX_ALL_CONDITIONS:
        message = "a filter may hold at most {most} conditions in all; it has {given}: give one `match` several values"
        raise PydanticCustomError("too_many_conditions", message, {"most": MAX_ALL_CONDITIONS, "given": conditions})
    if (values := body.values()) > MAX_VALUES:
        message = "a filter may name at most {most} ids and values to match in all; it has {given}: split the search"
        raise PydanticCustomError("too_many_values", message, {"most": MAX_VALUES, "given": values})
    return body


FilterBody: TypeAlias = Annotated[NestedFilterBody, AfterValidator(_within_bounds)]


def to_filter(body: NestedFilterBody | None) -> Filter | None:
    return body.condition() if body is not None else None
