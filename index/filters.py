"""Filters to bitmaps of rows. Owns the meaning of must, should and must_not, and the checks of a filter's types.

Pure: everything it reads is passed in.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, sub

from pyroaring import BitMap

from index.attribute_columns import AnyColumn, NumberColumn
from index.attribute_values import type_of
from index.errors import FilterError
from index.types import Condition, Filter, HasId, Match, Range, Scalar

MAX_DEPTH = 16
COMPARED_AS = {"keyword": "keyword", "keywords": "keyword", "number": "number", "boolean": "boolean"}


@dataclass(frozen=True)
class FilterScope:
    """What a filter is evaluated over, at one sequence number."""

    columns: Mapping[str, AnyColumn]
    live: BitMap
    row_of: Mapping[str, int]


def matching(filter_: Filter, scope: FilterScope, depth: int = 0) -> BitMap:
    """The live rows that pass. Raises FilterError: unknown attribute, unlike types, nested too deeply."""
    if depth > MAX_DEPTH:
        raise FilterError(f"a filter nests at most {MAX_DEPTH} deep")
    musts = _each(filter_.must, scope, depth)
    shoulds = _each(filter_.should, scope, depth)
    must_nots = _each(filter_.must_not, scope, depth)
    passed = reduce(and_, musts, scope.live)
    if shoulds:
        passed = passed & BitMap.union(*shoulds)
    return reduce(sub, must_nots, passed)


def _each(conditions: Sequence[Condition], scope: FilterScope, depth: int) -> list[BitMap]:
    return [_rows(condition, scope, depth) for condition in conditions]


def _rows(condition: Condition, scope: FilterScope, depth: int) -> BitMap:
    match condition:
        case Match():
            return _match(condition, scope)
        case Range():
            return _range(condition, scope)
        case HasId():
            return BitMap([scope.row_of[id_] for id_ in condition.ids if id_ in scope.row_of])
        case Filter():
            return matching(condition, scope, depth + 1)


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
    expected = COMPARED_AS[column.type]
    if type_of(value) != expected:
        raise FilterError(f"attribute '{key}' is compared with a {expected}, not with {value!r}")
