"""Filters to bitmaps of rows. Owns the meaning of must, should and must_not, and the checks of a filter's types.

Pure: everything it reads is passed in. A filter is read in two steps. `prepared` looks at the columns, under the
lock that guards them. What it gives is then asked with whatever finds texts, which takes longer and needs no lock.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, sub
from typing import TypeAlias

from pyroaring import BitMap

from index.attribute_columns import AnyColumn, NumberColumn
from index.attribute_values import type_of
from index.errors import FilterError
from index.geo_column import GeoColumn
from index.types import Condition, Filter, GeoRadius, HasId, Match, MatchText, Range, Scalar

MAX_DEPTH = 16
COMPARED_AS = {"keyword": "keyword", "keywords": "keyword", "number": "number", "boolean": "boolean"}

Texts: TypeAlias = Callable[[str], BitMap]
"""The rows whose texts hold all of some words."""
Prepared: TypeAlias = Callable[[Texts], BitMap]
"""The rows that pass, once it is known how texts are found."""


@dataclass(frozen=True)
class FilterScope:
    """What a filter is evaluated over, at one sequence number."""

    columns: Mapping[str, AnyColumn]
    live: BitMap
    row_of: Mapping[str, int]


def asks_for_text(condition: Condition) -> bool:
    """Whether a text must be looked at."""
    if isinstance(condition, Filter):
        return any(map(asks_for_text, (*condition.must, *condition.should, *condition.must_not)))
    return isinstance(condition, MatchText)


def matching(filter_: Filter, scope: FilterScope) -> BitMap:
    """The live rows that pass a filter without texts. Raises FilterError, as `prepared` does."""
    return prepared(filter_, scope)(_no_texts)


def prepared(filter_: Filter, scope: FilterScope, depth: int = 0) -> Prepared:
    """What passes but for the texts. Raises FilterError: unknown attribute, unlike types, nested too deeply.

    Holds no column: the bitmaps in it are its own.
    """
    if depth > MAX_DEPTH:
        raise FilterError(f"a filter nests at most {MAX_DEPTH} deep")
    musts = _each(filter_.must, scope, depth)
    shoulds = _each(filter_.should, scope, depth)
    must_nots = _each(filter_.must_not, scope, depth)
    live = scope.live

    def passed(texts: Texts) -> BitMap:
        rows = reduce(and_, (must(texts) for must in musts), live)
        if shoulds:
            rows = rows & BitMap.union(*(should(texts) for should in shoulds))
        return reduce(sub, (must_not(texts) for must_not in must_nots), rows)

    return passed


def _no_texts(words: str) -> BitMap:
    raise AssertionError("a filter with a text was evaluated without one")


def _each(conditions: Sequence[Condition], scope: FilterScope, depth: int) -> list[Prepared]:
    return [_rows(condition, scope, depth) for condition in conditions]


def _rows(condition: Condition, scope: FilterScope, depth: int) -> Prepared:
    match condition:
        case MatchText():
            return lambda texts: texts(condition.text)
        case Filter():
            return prepared(condition, scope, depth + 1)
        case _:
            rows = _held(condition, scope)
            return lambda texts: rows


def _held(condition: Match | Range | GeoRadius | HasId, scope: FilterScope) -> BitMap:
    match condition:
        case Match():
            return _match(condition, scope)
        case Range():
            return _range(condition, scope)
        case GeoRadius():
            return _within(condition, scope)
        case HasId():
            return BitMap([scope.row_of[id_] for id_ in condition.ids if id_ in scope.row_of])


def _match(condition: Match, scope: FilterScope) -> BitMap:
    column = _column(condition.key, scope)
    for value in condition.values:
        _check_comparable(condition.key, column, value)
    return column.match(condition.values)


def _range(condition: Range, scope: FilterScope) -> BitMap:
    column = _column(condition.key, scope)
    if not isinstance(column, NumberColumn):
        raise FilterError(f"attribute '{condition.key}' is a {column.type}; a range needs a number")
    bounds = (condition.gt, condition.gte, condition.lt, condition.lte)
    if any(bound is not None and math.isnan(bound) for bound in bounds):
        raise FilterError(f"a bound of the range of '{condition.key}' is NaN")
    low, open_low = _tighter(condition.gt, condition.gte, max, -math.inf)
    high, open_high = _tighter(condition.lt, condition.lte, min, math.inf)
    return column.between(low, high, open_low, open_high)


def _within(condition: GeoRadius, scope: FilterScope) -> BitMap:
    column = _column(condition.key, scope)
    if not isinstance(column, GeoColumn):
        raise FilterError(f"attribute '{condition.key}' is a {column.type}; a radius needs a geo attribute")
    centre, radius_m = condition.centre, condition.radius_m
    if not (-90 <= centre.lat <= 90 and -180 <= centre.lon <= 180):
        raise FilterError(f"the centre for '{condition.key}' has lat from -90 to 90 and lon from -180 to 180 degrees")
    if not 0 <= radius_m < math.inf:
        raise FilterError(f"the radius for '{condition.key}' is a finite number of metres, 0 or more")
    return column.within(centre, radius_m)


def _tighter(
    exclusive: float | None, inclusive: float | None, choose: Callable[[Iterable[float]], float], none: float
) -> tuple[float, bool]:
    """The tighter of two bounds, and whether the bound itself is left out."""
    given = [bound for bound in (exclusive, inclusive) if bound is not None]
    bound = choose(given) if given else none
    return bound, exclusive is not None and bound == exclusive


def _column(key: str, scope: FilterScope) -> AnyColumn:
    column = scope.columns.get(key)
    if column is None:
        known = ", ".join(sorted(scope.columns)[:50]) or "none"
        raise FilterError(f"no attribute '{key}'; the collection has: {known}")
    return column


def _check_comparable(key: str, column: AnyColumn, value: Scalar) -> None:
    expected = COMPARED_AS.get(column.type)
    if expected is None:
        raise FilterError(f"attribute '{key}' is a {column.type}; it is searched by geo_radius, not by a value")
    if type_of(value) != expected:
        raise FilterError(f"attribute '{key}' is compared with a {expected}, not with {value!r}")
