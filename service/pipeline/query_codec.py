"""The state of a query as bytes, for a cache between processes: a version byte, then msgpack.

Every value object is written as its name and its fields in order. Reading makes only what `_KINDS` lists.
"""

from dataclasses import fields
from typing import Any

import msgspec
import numpy as np

from index.types import Filter, GeoPoint, GeoRadius, HasId, Match, MatchText, Range, SearchParameters
from service.cache import UnreadableValueError
from service.pipeline.recipe import Part, QueryState, Recipe
from service.types import Boost, Notice, SearchOptions

_VERSION = b"\x02"
_CONDITIONS = (Filter, Match, Range, GeoRadius, GeoPoint, MatchText, HasId)
_OBJECTS = (QueryState, Recipe, Part, SearchOptions, SearchParameters, *_CONDITIONS, Boost, Notice)
_KINDS: dict[str, Any] = {kind.__name__: kind for kind in _OBJECTS}
_TUPLE, _SET, _VECTOR = "tuple", "set", "vector"


class QueryStateCodec:
    """Adapter of `service.cache.Codec`."""

    def encode(self, value: QueryState) -> bytes:
        return _VERSION + msgspec.msgpack.encode(_plain(value))

    def decode(self, data: bytes) -> QueryState:
        if data[:1] != _VERSION:
            raise UnreadableValueError(f"a query of version {data[:1].hex() or 'none'}")
        try:
            state = _made(msgspec.msgpack.decode(data[1:]))
        except (msgspec.MsgspecError, TypeError, ValueError, KeyError) as exc:
            raise UnreadableValueError("a damaged query") from exc
        if not isinstance(state, QueryState):
            raise UnreadableValueError("something that is no query")
        return state


def _plain(value: object) -> object:
    if type(value).__name__ in _KINDS:
        return [type(value).__name__, *(_plain(getattr(value, field.name)) for field in fields(value))]  # type: ignore[arg-type]
    if isinstance(value, np.ndarray):
        return [_VECTOR, value.astype("<f4").tobytes()]
    if isinstance(value, frozenset):
        return [_SET, *sorted(value)]
    if isinstance(value, list | tuple):
        return [_TUPLE, *map(_plain, value)]
    return value


def _made(plain: Any) -> Any:
    if not isinstance(plain, list):
        return plain
    kind, *parts = plain
    if kind == _VECTOR:
        return np.frombuffer(parts[0], dtype="<f4").astype(np.float32)
    values = [_made(part) for part in parts]
    if kind in (_TUPLE, _SET):
        return tuple(values) if kind == _TUPLE else frozenset(values)
    if len(values) != len(fields(_KINDS[kind])):
        raise ValueError(f"{kind} has another number of fields")
    return _KINDS[kind](*values)
